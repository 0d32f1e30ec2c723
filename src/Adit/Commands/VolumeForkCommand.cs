using System.CommandLine;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit volume fork</c>.</summary>
internal static class VolumeForkCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var from = VolumeCommand.VolumeAt();
        var to = new Argument<string>("VOLUME") { Description = "The new volume, in the same project: its name, or PROJECT/NAME." };
        var command = new Command("fork", "Make a volume that goes on from a snapshot of another one of its project, with its history. No bytes are copied.") { from, to };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            access.Read(parsed), VolumeCommand.Parse(parsed.GetValue(from)!, withSnapshot: true), parsed.GetValue(to)!, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, VolumeName from, string to, CancellationToken cancellationToken)
    {
        var name = to.Contains('/', StringComparison.Ordinal) ? VolumeCommand.Parse(to) : new VolumeName(from.Project, to);
        if (name.Project != from.Project)
        {
            throw new CommandException(
                ExitCode.Usage, $"A fork is in the project of what it comes from, {from.Project}. To bring a snapshot into another: 'adit pull {from} DIR', then 'adit push DIR {name}'.");
        }

        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var made = await api.CreateVolumeAsync(
            new CreateVolumeRequest { Project = name.Project, Name = name.Name, From = from.Snapshot is null ? from.Name : $"{from.Name}@{from.Snapshot}" }, cancellationToken);
        Screen.Note($"{name} is a fork of {from}, at {VolumeCommand.Short(made.Latest?.Id ?? "")}; no bytes were copied.");
        return ExitCode.Ok;
    }
}
