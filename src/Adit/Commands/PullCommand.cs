using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Adit.Api;
using Adit.Content.Files;
using Adit.Runner.Hubs;
using Adit.Runner.Volumes;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit pull</c>: makes a directory what a snapshot is.</summary>
internal static class PullCommand
{
    private const int ConflictsShown = 20;

    public static Command Create()
    {
        var access = new HubAccessOptions();
        var volume = new Argument<string?>("VOLUME[@SNAPSHOT]")
        {
            Description = "PROJECT/VOLUME, and perhaps @ and a branch, a tag or the first digits of a snapshot's id. Without it the newest of the branch main. Default: what this directory is a clone of.",
            DefaultValueFactory = static _ => null,
        };
        var directory = new Argument<string?>("DIR") { Description = "The directory; made when there is none. Default: the clone that this is in.", DefaultValueFactory = static _ => null };
        var from = new Option<string?>("--from") { Description = "In a clone: merge another branch, or a snapshot, into what is here; the next push is of both.", HelpName = "BRANCH" };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace files that were changed here. Otherwise nothing is written when there are any." };
        var removeOthers = new Option<bool>("--remove-others") { Description = "With --overwrite: remove what is in no snapshot, so that the directory is the snapshot and nothing else." };
        var json = new Option<bool>("--json") { Description = "Print what was done as JSON." };
        var command = new Command("pull", "Make a directory what a snapshot is; in a clone, bring what is new and merge it with what was changed here. Only what is not there yet is fetched.") { volume, directory, from, overwrite, removeOthers, json };
        access.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(
            access.Read(parsed),
            parsed.GetValue(volume),
            parsed.GetValue(directory),
            parsed.GetValue(from),
            new CheckoutOptions { Overwrite = parsed.GetValue(overwrite), RemoveOthers = parsed.GetValue(removeOthers) },
            parsed.GetValue(json),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        HubAccess hub, string? volume, string? said, string? from, CheckoutOptions options, bool json, CancellationToken cancellationToken)
    {
        if (options is { RemoveOthers: true, Overwrite: false })
            throw new CommandException(ExitCode.Usage, "--remove-others removes files that are nowhere else; say --overwrite too.");
        var (directory, name, clone) = CloneLine.Of(said, volume, "pull", hub.Url);
        if (File.Exists(directory))
            throw new CommandException(ExitCode.NotFoundOrTaken, $"'{RequestLine.Safe(directory)}' is a file, not a directory.");
        if (from is not null && (clone is null || name.Snapshot is not null || options.Overwrite))
            throw new CommandException(ExitCode.Usage, "--from merges into a clone: say it in one, alone.");
        if (clone is not null && name.Snapshot is null && options.Overwrite)
            name = name with { Snapshot = clone.Branch };
        using var api = new HubApi(hub.CreateHttpClient(VolumeCommand.Patience), hub.Url);
        var transfer = CloneLine.Transfer(api, hub);
        try
        {
            if (clone is not null && name.Snapshot is null)
                return await UpdateAsync(transfer, directory, clone, from, json, cancellationToken);
            ApiSnapshot snapshot;
            CheckoutResult result;
            using (TransferView.Start(transfer.Progress, isQuiet: json, TimeProvider.System))
                (snapshot, result) = await transfer.PullAsync(name, directory, options, cancellationToken);
            if (json)
                Screen.Line(JsonSerializer.Serialize(PullReport.Of(name, snapshot, result), PullJson.Default.PullReport));
            else
                Screen.Line(
                    $"{VolumeCommand.Short(snapshot.Id)}: {VolumeCommand.Files(snapshot.Files)}, {Words.Bytes(snapshot.Bytes)}; "
                    + $"wrote {VolumeCommand.Files(result.FilesWritten)} ({Words.Bytes(result.BytesWritten)}), removed {Words.Count(result.Removed)}");
            return ExitCode.Ok;
        }
        catch (CheckoutConflictException e)
        {
            foreach (var path in e.Paths.Take(ConflictsShown))
                Screen.Note(RequestLine.Safe(path));
            throw new CommandException(ExitCode.Failed, $"{e.Message} {(clone is null ? "Push the directory first, or say --overwrite." : "Push it first, move it away, or say --overwrite.")}");
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            Screen.Note("Stopped: part of the files are written, each complete. The same pull with --overwrite goes on.");
            return EndSignals.ExitCode;
        }
    }

    // Conflicts are no failure of the pull, but scripts that go on with a push have to know of them.
    private static async Task<int> UpdateAsync(VolumeTransfer transfer, string directory, CloneState clone, string? from, bool json, CancellationToken cancellationToken)
    {
        UpdateResult update;
        using (TransferView.Start(transfer.Progress, isQuiet: json, TimeProvider.System))
            update = await transfer.UpdateAsync(directory, clone, from, cancellationToken);
        var (id, branch, merge) = (VolumeCommand.Short(update.Snapshot.Id), from ?? clone.Branch, update.Merge);
        var written = update.Checkout ?? new CheckoutResult();
        var conflicts = merge?.Conflicts ?? [];
        if (json)
        {
            var report = PullReport.Of(VolumeTransfer.NameOf(clone), update.Snapshot, written) with
            {
                MergedFiles = merge?.MergedFiles, Conflicts = merge is null ? null : [.. conflicts.Select(static c => new CloneConflict(c.Path, c.Kind.ToString().ToLowerInvariant(), c.Beside))],
            };
            Screen.Line(CloneLine.Json(report));
        }
        else if (update.Checkout is null)
        {
            Screen.Line($"{branch} has nothing that is not here");
        }
        else
        {
            Screen.Line($"{id}: {(merge is null ? "" : $"merged {branch} with what is here, ")}wrote {VolumeCommand.Files(written.FilesWritten)} ({Words.Bytes(written.BytesWritten)}), removed {Words.Count(written.Removed)}");
            CloneLine.Show(conflicts.Select(static c => (c.Path, c.Kind.ToString().ToLowerInvariant(), c.Beside)), merge?.ConflictCount ?? 0);
            if (conflicts.Count > 0)
                Screen.Note("Mend these: take away the marks and what is beside, then 'adit push'. 'adit volume status' says what is left.");
            else if (merge is not null)
                Screen.Note("'adit push' makes a snapshot of both.");
        }

        return conflicts.Count > 0 ? ExitCode.Failed : ExitCode.Ok;
    }
}

/// <summary>What a pull did, as <c>--json</c> prints it.</summary>
internal sealed record PullReport
{
    public required string Volume { get; init; }

    public required string Snapshot { get; init; }

    public required long Files { get; init; }

    public required long Bytes { get; init; }

    public required long WrittenFiles { get; init; }

    public required long WrittenBytes { get; init; }

    /// <summary>Files, links and directories that are not in the snapshot and were removed.</summary>
    public required long Removed { get; init; }

    /// <summary>Of a merge in a clone: files that both sides changed, and that were merged by their content.</summary>
    public long? MergedFiles { get; init; }

    /// <summary>Of a merge in a clone: what both sides changed and somebody has to mend.</summary>
    public IReadOnlyList<CloneConflict>? Conflicts { get; init; }

    public static PullReport Of(VolumeName volume, ApiSnapshot snapshot, CheckoutResult result) => new()
    {
        Volume = $"{volume.Project}/{volume.Name}",
        Snapshot = snapshot.Id,
        Files = snapshot.Files,
        Bytes = snapshot.Bytes,
        WrittenFiles = result.FilesWritten,
        WrittenBytes = result.BytesWritten,
        Removed = result.Removed,
    };
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PullReport))]
internal sealed partial class PullJson : JsonSerializerContext;
