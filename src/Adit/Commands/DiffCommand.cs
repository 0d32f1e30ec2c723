using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit diff</c>: what differs between two snapshots.</summary>
internal static class DiffCommand
{
    public static Command Create()
    {
        var access = new HubAccessOptions();
        var from = new Argument<string>("VOLUME@SNAPSHOT") { Description = "From here: PROJECT/VOLUME, @, and a branch, a tag or the first digits of an id." };
        var to = new Argument<string>("@SNAPSHOT") { Description = "To here. Default: the newest of the branch main.", DefaultValueFactory = static _ => "@latest" };
        var json = new Option<bool>("--json") { Description = "Print what differs as JSON." };
        var command = new Command("diff", "Show what differs between two snapshots of a volume: A added, D removed, M changed, R moved.") { from, to, json };
        access.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(
            access.Read(parsed), VolumeCommand.Parse(parsed.GetValue(from)!, withSnapshot: true), parsed.GetValue(to)!, parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, VolumeName from, string to, bool json, CancellationToken cancellationToken)
    {
        if (from.Snapshot is null)
            throw new CommandException(ExitCode.Usage, $"From where? Write {from}@SNAPSHOT; 'adit volume log {from}' lists them.");
        using var api = new HubApi(hub.CreateHttpClient(VolumeCommand.Patience), hub.Url);
        var diff = await api.DiffAsync(from, from.Snapshot, To(from, to), cancellationToken);
        if (json)
        {
            Screen.Line(JsonSerializer.Serialize(diff, VolumesJson.Default.SnapshotDiff));
            return ExitCode.Ok;
        }

        foreach (var change in diff.Changes)
            Screen.Line(Of(change));
        if (diff.Changes.Count == 0)
            Screen.Note("Nothing differs.");
        if (diff.IsCut)
            Screen.Note($"There is more: these are the first {Words.Count(diff.Changes.Count)}.");
        return ExitCode.Ok;
    }

    /// <summary><c>M notes.txt (+120 B)</c>.</summary>
    public static string Of(PathChange change)
    {
        var path = RequestLine.Safe(change.Path);
        return change.Kind switch
        {
            "added" => $"A {path}",
            "removed" => $"D {path}",
            "moved" => $"R {RequestLine.Safe(change.From ?? "")} -> {path}",
            "described" => $"M {path} (mode or attributes)",
            _ => $"M {path} ({Difference((change.BytesAfter ?? 0) - (change.BytesBefore ?? 0))})",
        };
    }

    private static string Difference(long bytes) => bytes switch
    {
        0 => "same size",
        > 0 => "+" + Words.Bytes(bytes),
        _ => "-" + Words.Bytes(-bytes),
    };

    // '@B', or the whole name again.
    private static string To(VolumeName from, string to)
    {
        if (to is ['@', _, ..])
            return to[1..];
        var name = VolumeCommand.Parse(to, withSnapshot: true);
        return name.Project == from.Project && name.Name == from.Name
            ? name.Snapshot ?? "latest"
            : throw new CommandException(ExitCode.Usage, $"Both have to be snapshots of one volume; write @SNAPSHOT for one of {from.Project}/{from.Name}.");
    }
}
