using System.CommandLine;
using System.Globalization;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit quota set</c>.</summary>
internal static class QuotaSetCommand
{
    private const string None = "none";

    public static Command Create(HubAccessOptions access)
    {
        var whose = QuotaCommand.Whose();
        var tasks = Limit("--tasks", "N", "Tasks that have a place on a runner at one time.");
        var cpu = Limit("--cpu", "CORES", "Cores that they have reserved together.");
        var memory = Limit("--memory", "BYTES", "Memory, such as 64Gi.");
        var gpus = Limit("--gpus", "N", "GPUs.");
        var hours = Limit("--gpu-hours", "HOURS", "GPU hours in a calendar month (UTC).");
        var storage = Limit("--storage", "BYTES", "Of a project: what its volumes may take on the hub's disk, such as 500Gi.");
        var command = new Command(
            "set", "Set limits of a user or project; 'none' takes one away, 0 allows none of it. What is not named stays as it holds now. For admins.") { whose, tasks, cpu, memory, gpus, hours, storage };
        command.SetAction((parsed, cancellationToken) =>
        {
            string? Said(Option<string?> flag) => parsed.GetValue(flag);
            if (new[] { tasks, cpu, memory, gpus, hours, storage }.All(f => Said(f) is null))
                throw new CommandException(ExitCode.Usage, "Nothing to set: name a limit, such as --cpu 8 or --gpu-hours none.");
            return RunAsync(
                access.Read(parsed),
                QuotaCommand.Read(parsed.GetValue(whose)!),
                q => new SetQuotaRequest
                {
                    Tasks = (int?)Number(Said(tasks), q.Tasks, "--tasks", isWhole: true),
                    Cpu = Number(Said(cpu), q.Cpu, "--cpu", isWhole: false),
                    MemoryBytes = Bytes(Said(memory), q.MemoryBytes, "--memory"),
                    StorageBytes = Bytes(Said(storage), q.StorageBytes, "--storage"),
                    Gpus = (int?)Number(Said(gpus), q.Gpus, "--gpus", isWhole: true),
                    GpuHours = Number(Said(hours), q.GpuHours, "--gpu-hours", isWhole: false),
                },
                cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, (string Kind, string Name) whose, Func<ApiQuota, SetQuotaRequest> change, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        QuotaListCommand.Show([await api.ChangeQuotaAsync(whose.Kind, whose.Name, change, cancellationToken)]);
        return ExitCode.Ok;
    }

    private static Option<string?> Limit(string flag, string value, string help) => new(flag) { Description = help, HelpName = value + "|none" };

    private static long? Bytes(string? text, long? now, string flag) => text switch { null => now, None => null, "0" => 0, _ => ByteWords.Parse(text, flag) };

    private static double? Number(string? text, double? now, string flag, bool isWhole)
    {
        if (text is null or None)
            return text is null ? now : null;
        return double.TryParse(text, isWhole ? NumberStyles.None : NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number < int.MaxValue
            ? number
            : throw new CommandException(ExitCode.Usage, $"{flag} wants {(isWhole ? "a whole number" : "a number")} of 0 or more, or 'none', not '{text}'.");
    }
}
