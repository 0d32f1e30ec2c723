using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit volume log</c>.</summary>
internal static class VolumeLogCommand
{
    private const int Most = 100_000;

    public static Command Create(HubAccessOptions access)
    {
        var volume = VolumeCommand.VolumeAt();
        var most = new Option<int>("--most", "-n") { Description = "So many at most, the newest.", HelpName = "N", DefaultValueFactory = static _ => 100 };
        var json = new Option<bool>("--json") { Description = "Print a JSON array of snapshots." };
        var command = new Command("log", "List a volume's snapshots, newest first; with @SNAPSHOT those that it comes from.") { volume, most, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            access.Read(parsed), VolumeCommand.Parse(parsed.GetValue(volume)!, withSnapshot: true), Math.Clamp(parsed.GetValue(most), 1, Most), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, VolumeName name, int most, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var snapshots = await api.ListSnapshotsAsync(name, name.Snapshot, most, cancellationToken);
        if (json)
        {
            Screen.Line($"[{string.Join(",", snapshots.Select(static s => JsonSerializer.Serialize(s, VolumesJson.Default.ApiSnapshot)))}]");
            return ExitCode.Ok;
        }

        if (snapshots.Count == 0)
        {
            Screen.Note($"{name} has no snapshots yet; 'adit push DIR {name}' makes one.");
            return ExitCode.Ok;
        }

        var table = new Table("SNAPSHOT", "MADE", "BY", "CAUSE", "FILES", "SIZE", "REFS", "MESSAGE");
        foreach (var s in snapshots)
        {
            table.Add(
                VolumeCommand.Short(s.Id), Words.Date(s.Created), s.Author, s.Cause, Words.Count(s.Files), Words.Bytes(s.Bytes), string.Join(", ", s.Refs),
                RequestLine.Safe(s.Message.Split('\n')[0]));
        }

        Screen.Line(table.ToString());
        return ExitCode.Ok;
    }
}
