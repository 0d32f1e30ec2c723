using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Adit.Api;
using Adit.Content.Trees;
using Adit.Runner.Hubs;
using Adit.Runner.Volumes;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit volume status</c>: how a clone stands.</summary>
internal static class VolumeStatusCommand
{
    private const int Shown = 1000;

    public static Command Create(HubAccessOptions access)
    {
        var directory = new Argument<string>("DIR") { Description = "A clone, or a directory in one. Default: here.", DefaultValueFactory = static _ => "." };
        var json = new Option<bool>("--json") { Description = "Print it as JSON." };
        var command = new Command("status", "Say what was changed in a clone, and what the hub has newer. Nothing is sent.") { directory, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(directory)!, parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string directory, bool json, CancellationToken cancellationToken)
    {
        var (at, state) = CloneLine.At(directory, "'adit clone VOLUME' makes one.");
        using var api = new HubApi(hub.CreateHttpClient(VolumeCommand.Patience), hub.Url);
        var transfer = CloneLine.Transfer(api, hub);
        CloneStatus status;
        using (TransferView.Start(transfer.Progress, isQuiet: json, TimeProvider.System))
            status = await transfer.StatusAsync(at, state, cancellationToken);
        if (json)
            Screen.Line(JsonSerializer.Serialize(CloneReport.Of(status), CloneReportJson.Default.CloneReport));
        else
            Show(status);
        return ExitCode.Ok;
    }

    private static void Show(CloneStatus status)
    {
        var state = status.State;
        Screen.Line($"{state.Volume}, branch {state.Branch}, at {VolumeCommand.Short(state.Snapshot)}");
        CloneLine.Show(status.Open.Select(static c => (c.Path, c.Kind, c.Beside)), status.Open.Count);
        foreach (var change in status.Changes.Take(Shown))
            Screen.Line(DiffCommand.Of(CloneReport.Of(change)));
        if (status.Changes.Count > Shown || status.IsCut)
            Screen.Note($"… and more: {Words.Count(status.Changes.Count)}{(status.IsCut ? " at least" : "")} in all.");
        if (status.Changes.Count == 0)
            Screen.Note("Nothing was changed here.");
        Screen.Note(Next(status));
    }

    // What to do next: one sentence.
    private static string Next(CloneStatus status)
    {
        var branch = status.State.Branch;
        if (status.Open.Count > 0)
            return "Mend what both changed (C), take away the marks and what is beside, then 'adit push'.";
        if (status.Head is null)
            return $"{status.State.Volume} has no branch {branch} any more; 'adit volume checkout BRANCH' takes another.";
        if (status.Newer.Count > 0)
        {
            var (newest, count) = (status.Newer[0], status.Newer.Count == 1 ? "1 snapshot" : $"{Words.Count(status.Newer.Count)} snapshots");
            var brings = status.Changes.Count > 0 || !status.IsBehind ? "brings it here and merges it with yours" : "brings it here";
            return $"{branch} is {count} ahead, the newest {VolumeCommand.Short(newest.Id)} by {newest.Author}: 'adit pull' {brings}.";
        }

        return status.Changes.Count > 0 ? "'adit push' makes a snapshot of it." : status.Head.Id == status.State.Snapshot
            ? $"It is what {branch} is."
            : $"{branch} has nothing that is not here.";
    }
}

/// <summary>How a clone stands, as <c>--json</c> prints it.</summary>
internal sealed record CloneReport
{
    public required string Volume { get; init; }

    public required string Branch { get; init; }

    public required string Snapshot { get; init; }

    /// <summary>The branch's newest; null when the branch is gone.</summary>
    public string? Head { get; init; }

    /// <summary>Snapshots of the branch that the directory has not seen, the newest first; at most 100.</summary>
    public required IReadOnlyList<string> Newer { get; init; }

    public required IReadOnlyList<PathChange> Changes { get; init; }

    /// <summary>Whether there are more changes.</summary>
    public required bool IsCut { get; init; }

    public required IReadOnlyList<CloneConflict> Conflicts { get; init; }

    public static CloneReport Of(CloneStatus status) => new()
    {
        Volume = status.State.Volume, Branch = status.State.Branch, Snapshot = status.State.Snapshot, Head = status.Head?.Id, Newer = [.. status.Newer.Select(static s => s.Id)],
        Changes = [.. status.Changes.Select(Of)], IsCut = status.IsCut, Conflicts = status.Open,
    };

    public static PathChange Of(TreeChange change) => new()
    {
        Kind = change.Kind.ToString().ToLowerInvariant(), Path = change.Path, From = change.From, BytesBefore = change.Before?.Size, BytesAfter = change.After?.Size,
    };
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(CloneReport))]
internal sealed partial class CloneReportJson : JsonSerializerContext;
