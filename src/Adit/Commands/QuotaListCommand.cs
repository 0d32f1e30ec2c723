using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit quota ls</c>.</summary>
internal static class QuotaListCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var mine = new Option<bool>("--mine") { Description = "What holds for you and your projects. For all who are no admins or auditors it is that anyway." };
        var json = new Option<bool>("--json") { Description = "Print a JSON array of quotas." };
        var command = new Command("ls", "List quotas and what is used of them: USED/LIMIT, or only what is used where there is no limit.") { mine, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(mine), parsed.GetValue(json), cancellationToken));
        return command;
    }

    /// <summary>Prints quotas as a table.</summary>
    public static void Show(IEnumerable<ApiQuota> quotas)
    {
        var table = new Table("WHOSE", "TASKS", "CPU", "MEMORY", "GPU", "GPU HOURS A MONTH");
        foreach (var q in quotas)
        {
            table.Add(
                $"{q.Kind.ToString().ToLowerInvariant()}:{q.Name}{(q.IsDefault ? " (default)" : "")}",
                Of(q.Used?.Tasks, q.Tasks),
                Of(q.Used?.Cpu, q.Cpu),
                Of(q.Used?.MemoryBytes, q.MemoryBytes, static bytes => ByteWords.Of((long)bytes)),
                Of(q.Used?.Gpus, q.Gpus),
                Of(q.Used?.GpuHours, q.GpuHours));
        }

        Screen.Line(table.ToString());
    }

    private static async Task<int> RunAsync(HubAccess hub, bool mine, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var quotas = await api.ListQuotasAsync(mine, cancellationToken);
        if (json)
            Screen.Line($"[{string.Join(",", quotas.Select(static q => JsonSerializer.Serialize(q, QuotasJson.Default.ApiQuota)))}]");
        else if (quotas.Count == 0)
            Screen.Note("There are no quotas: everybody has what runners have. An admin sets one with 'adit quota set'.");
        else
            Show(quotas);
        return ExitCode.Ok;
    }

    private static string Of(double? used, double? limit, Func<double, string>? words = null)
    {
        words ??= static number => number.ToString("0.##", CultureInfo.InvariantCulture);
        return (used, limit) switch
        {
            ({ } u, { } l) => $"{words(u)}/{words(l)}",
            (null, { } l) => words(l),
            ({ } u, null) => words(u),
            _ => "-",
        };
    }
}
