using Adit.Api;
using Adit.Content.Chunks;
using Adit.Content.Files;
using Adit.Content.Merging;
using Adit.Content.Trees;
using Adit.Runner.Hubs;

namespace Adit.Runner.Volumes;

/// <summary>What a pull into a clone did.</summary>
/// <param name="Snapshot">The branch's newest, which the directory comes from now.</param>
/// <param name="Checkout">What was written; null when nothing was newer.</param>
/// <param name="Merge">The merge with what was changed here; null when there was nothing to merge.</param>
public sealed record UpdateResult(ApiSnapshot Snapshot, CheckoutResult? Checkout, MergeResult? Merge);

/// <summary>How a clone stands.</summary>
/// <param name="State">What it remembers.</param>
/// <param name="Changes">What is different here from the snapshot that it comes from, moves included.</param>
/// <param name="IsCut">There are more changes than are listed.</param>
/// <param name="Head">The branch's newest; null when the branch is gone.</param>
/// <param name="Newer">Snapshots of the branch that this directory has not seen, the newest first; at most 100.</param>
/// <param name="IsBehind">The branch went on from just where the directory is.</param>
/// <param name="Open">What both sides changed and nobody has mended.</param>
public sealed record CloneStatus(
    CloneState State, IReadOnlyList<TreeChange> Changes, bool IsCut, ApiSnapshot? Head, IReadOnlyList<ApiSnapshot> Newer, bool IsBehind, IReadOnlyList<CloneConflict> Open);

/// <summary>A clone cannot do this as it stands; the message says what to do first.</summary>
public sealed class CloneException(string message) : Exception(message);

/// <content>Directories that remember which volume they are of.</content>
public sealed partial class VolumeTransfer
{
    private const int MostChanges = 100_000;
    private const int MostNewer = 100;

    /// <summary>Makes a directory a clone: a snapshot is checked out into it, and it remembers which.</summary>
    public async Task<(CloneState State, ApiSnapshot Snapshot, CheckoutResult Result)> CloneAsync(VolumeName volume, string directory, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(volume);
        var of = await api.GetVolumeAsync(volume, cancellationToken);
        var (snapshot, result) = await PullAsync(volume, directory, new CheckoutOptions(), cancellationToken);
        var state = new CloneState
        {
            Hub = hub.ToString(), Volume = $"{volume.Project}/{volume.Name}", VolumeId = of.Id, Branch = BranchOf(of, volume.Snapshot) ?? DefaultBranch, Snapshot = snapshot.Id, Root = snapshot.Root,
        };
        state.Write(directory);
        return (state, snapshot, result);
    }

    /// <summary>Brings what is new on a clone's branch into the clone, and merges it with what was changed here.</summary>
    /// <param name="directory">The clone.</param>
    /// <param name="state">What it remembers.</param>
    /// <param name="from">Another branch, or a snapshot, that is merged in, and is a parent of what is pushed next; null for what is new on its own.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CloneException">What an earlier merge left is not mended, or not pushed before another branch is merged.</exception>
    /// <exception cref="CheckoutConflictException">A file here that is in no snapshot is in the way, or one was changed meanwhile.</exception>
    public async Task<UpdateResult> UpdateAsync(string directory, CloneState state, string? from, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (from is not null && state.MergedFrom is not null)
            throw new CloneException("This clone has merged something that is not pushed yet: 'adit push' first, then pull again.");
        var volume = NameOf(state);
        var chunks = new HubChunks(api, volume, time);
        var of = await VolumeOfAsync(volume, state, cancellationToken);
        if (state.Conflicts.Any(c => c.IsOpen(directory)))
            throw new CloneException("What the last pull could not merge is not mended yet. 'adit volume status' lists it.");
        var head = from is null ? await HeadAsync(of, state, cancellationToken) : await api.GetSnapshotAsync(volume, from, cancellationToken);
        if (head.Id == state.Snapshot)
            return new UpdateResult(head, null, null);
        var common = await CommonAsync(volume, state.Snapshot, head.Id, cancellationToken);
        if (common?.Id == head.Id)
            return new UpdateResult(head, null, null);
        var at = volume with { Snapshot = head.Id };
        // Who may only read cannot put what was changed here beside the rest on the hub; a pull tells them of it instead.
        if (from is null && !of.May.Contains("write"))
            return new UpdateResult(head, (await PullAsync(at, directory, new CheckoutOptions(), cancellationToken)).Result, null);
        Progress.Follow(chunks);
        var scan = await TreeScan.RunAsync(chunks, directory, Scanning(new ScanOptions(), PathOf(directory, of, ".index")), cancellationToken);
        if (from is null && scan.Root.Id.ToString() == state.Root && common?.Id == state.Snapshot)
            return new UpdateResult(head, (await PullAsync(at, directory, new CheckoutOptions(), cancellationToken)).Result, null);
        var options = new MergeOptions { Mark = true, Names = new MergeNames("here", $"{from ?? state.Branch} ({head.Id[..12]}, {head.Author})") };
        var before = common is null ? default : ChunkId.Parse(common.Root);
        var merge = await TreeMerge.RunAsync(chunks, before, scan.Root, Root(head), options, cancellationToken);
        // What was changed since the scan is not in the tree: a checkout that loses nothing tells of it.
        var checkout = new CheckoutOptions { IndexPath = PathOf(directory, of, ".index"), Time = time, Keep = [OwnDirectory], Progress = Progress.CheckedOut };
        // Whoever is stopped while it is written has marks here that a push must know of. What it comes from is said when all of it is here: half of a merge is none.
        var conflicts = merge.Conflicts.Select(static c => new CloneConflict(c.Path, c.Kind.ToString().ToLowerInvariant(), c.Beside)).ToList();
        (state with { Conflicts = conflicts }).Write(directory);
        CheckoutResult written;
        try
        {
            written = await TreeCheckout.RunAsync(chunks, merge.Root, directory, checkout, cancellationToken);
        }
        catch (CheckoutConflictException)
        {
            // Nothing was written, or not all: only what is to be seen here has to be mended.
            (state with { Conflicts = [.. conflicts.Where(c => c.Kind != "removed" && c.IsOpen(directory))] }).Write(directory);
            throw;
        }

        var merged = (from is not null ? state with { MergedFrom = head.Id } : state with
        {
            Snapshot = head.Id, Root = head.Root, MergedFrom = common?.Id == state.Snapshot ? state.MergedFrom : state.Snapshot,
        }) with
        {
            Conflicts = conflicts,
        };
        merged.Write(directory);
        return new UpdateResult(head, written, merge);
    }

    /// <summary>Makes a clone another snapshot, or another branch. What was changed here and would be lost is told, and nothing is written.</summary>
    public async Task<(CloneState State, ApiSnapshot Snapshot, CheckoutResult Result)> SwitchAsync(string directory, CloneState state, string to, CheckoutOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(state);
        var volume = NameOf(state);
        var of = await VolumeOfAsync(volume, state, cancellationToken);
        var (snapshot, result) = await PullAsync(volume with { Snapshot = to }, directory, options, cancellationToken);
        var now = state with { Branch = BranchOf(of, to) ?? state.Branch, Snapshot = snapshot.Id, Root = snapshot.Root, MergedFrom = null, Conflicts = [] };
        now.Write(directory);
        return (now, snapshot, result);
    }

    /// <summary>How a clone stands; nothing is sent, and nothing is changed.</summary>
    public async Task<CloneStatus> StatusAsync(string directory, CloneState state, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(state);
        var volume = NameOf(state);
        var chunks = new HubChunks(api, volume, time);
        var of = await VolumeOfAsync(volume, state, cancellationToken);
        var pages = new PagesInMemory(chunks);
        // The index says which bytes were sent: that of a scan that sends nothing is thrown away.
        var index = PathOf(directory, of, ".index");
        var draft = index + ".status";
        if (File.Exists(index))
            File.Copy(index, draft, overwrite: true);
        List<TreeChange> changes;
        try
        {
            var scan = await TreeScan.RunAsync(pages, directory, Scanning(new ScanOptions { SkipUnreadable = true }, draft), cancellationToken);
            changes = await new TreeDiff(pages).CompareAsync(ChunkId.Parse(state.Root), scan.Root.Id, cancellationToken).Take(MostChanges + 1).ToListAsync(cancellationToken);
        }
        finally
        {
            File.Delete(draft);
        }

        var head = of.Refs.FirstOrDefault(r => !r.IsTag && r.Name == state.Branch) is { } branch ? await api.GetSnapshotAsync(volume, branch.Snapshot, cancellationToken) : null;
        var common = head is null || head.Id == state.Snapshot ? head : await CommonAsync(volume, state.Snapshot, head.Id, cancellationToken);
        var newer = head is null || common?.Id == head.Id ? []
            : (await api.ListSnapshotsAsync(volume, head.Id, MostNewer, cancellationToken)).TakeWhile(s => s.Id != common?.Id).ToList();
        return new CloneStatus(state, TreeDiff.WithMoves(changes), changes.Count > MostChanges, head, newer, common?.Id == state.Snapshot, [.. state.Conflicts.Where(c => c.IsOpen(directory))]);
    }

    /// <summary>The volume that a clone is of.</summary>
    public static VolumeName NameOf(CloneState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return VolumeName.TryParse(state.Volume, out var name) && name.Snapshot is null ? name : throw new CloneException($"The clone says that it is of '{state.Volume}', which is no volume.");
    }

    private static DirectoryRef Root(ApiSnapshot snapshot) => new(ChunkId.Parse(snapshot.Root), snapshot.Entries, snapshot.Files, snapshot.Bytes);

    private static string? BranchOf(ApiVolume volume, string? name) => volume.Refs.FirstOrDefault(r => !r.IsTag && r.Name == (name == "latest" ? DefaultBranch : name))?.Name;

    private async Task<ApiVolume> VolumeOfAsync(VolumeName volume, CloneState state, CancellationToken cancellationToken)
    {
        state.CheckHub(hub);
        var of = await api.GetVolumeAsync(volume, cancellationToken);
        return of.Id == state.VolumeId ? of : throw new CloneException($"{volume} is another volume than this directory was cloned from, which was removed: clone it into another directory.");
    }

    private async Task<ApiSnapshot> HeadAsync(ApiVolume of, CloneState state, CancellationToken cancellationToken) =>
        of.Refs.FirstOrDefault(r => !r.IsTag && r.Name == state.Branch) is { } branch
            ? await api.GetSnapshotAsync(NameOf(state), branch.Snapshot, cancellationToken)
            : throw new CloneException($"{state.Volume} has no branch {state.Branch} any more; 'adit volume checkout BRANCH' takes another.");

    private async Task<ApiSnapshot?> CommonAsync(VolumeName volume, string one, string other, CancellationToken cancellationToken)
    {
        try
        {
            return await api.GetCommonAsync(volume, one, other, cancellationToken);
        }
        catch (HubApiException e) when (e.Status == System.Net.HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private ScanOptions Scanning(ScanOptions options, string index) =>
        options with { IndexPath = index, Time = time, Ignore = [.. options.Ignore, "/" + OwnDirectory], Progress = Progress.Scanned };

    // What the directory comes from, for this volume; a clone of another one stays what it is.
    private void Remember(string directory, ApiVolume of, ApiSnapshot snapshot, string? branch = null)
    {
        new DirectoryOrigin(PathOf(directory, of, ".origin")).Write(snapshot);
        if (CloneState.Read(directory) is { } state && state.VolumeId == of.Id)
            (state with { Branch = branch ?? state.Branch, Snapshot = snapshot.Id, Root = snapshot.Root, MergedFrom = null, Conflicts = [] }).Write(directory);
    }
}
