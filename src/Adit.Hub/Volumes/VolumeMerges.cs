using System.Text;
using Adit.Api;
using Adit.Content;
using Adit.Content.Chunks;
using Adit.Content.Merging;
using Adit.Content.Trees;

namespace Adit.Hub.Volumes;

/// <summary>A merge that somebody asked for; its names and lengths are checked.</summary>
/// <param name="From">What comes.</param>
/// <param name="Into">Where the branch is.</param>
/// <param name="Branch">The branch.</param>
/// <param name="Message">What is said of it.</param>
/// <param name="IsDry">Nothing is made.</param>
internal sealed record AskedMerge(ApiSnapshot From, ApiSnapshot Into, string Branch, string? Message, bool IsDry)
{
    /// <summary>The tree that the client made of both; null when the hub merges.</summary>
    public DirectoryRef? Tree { get; init; }

    public required MergeOptions Options { get; init; }
}

/// <summary>Why nothing was made: one of these; none when the branch has gone on.</summary>
/// <param name="Needless">A path where there was nothing to decide.</param>
/// <param name="Missing">A chunk that is not there.</param>
/// <param name="Nowhere">A path that is neither in the snapshot nor on the branch.</param>
/// <param name="Nested">A path within another.</param>
internal sealed record MergeProblem(string? Needless = null, ChunkId? Missing = null, string? Nowhere = null, string? Nested = null);

/// <summary>
/// Merges snapshots and takes files back. The tree is made first, beside all that is there; then the branch moves in one step, if it is still where it was.
/// </summary>
internal sealed class VolumeMerges(VolumeStore store, ProjectStores stores, VolumeHistory history, VolumeMeter meter) : IDisposable
{
    // What a merge has in memory at most are three files and their lines: so many of them at a time.
    private const int MostAtOnce = 2;
    private const int MostTries = 3;

    private readonly SemaphoreSlim _room = new(MostAtOnce);

    /// <inheritdoc/>
    public void Dispose() => _room.Dispose();

    /// <summary>Merges; the outcome, or why there is none.</summary>
    public async Task<(MergeOutcome? Outcome, MergeProblem? Problem)> MergeAsync(Volume volume, AskedMerge asked, string author, CancellationToken cancellationToken)
    {
        var common = await store.CommonAsync(volume, asked.From.Id, asked.Into.Id);
        var outcome = new MergeOutcome { Outcome = MergeOutcome.Nothing, Base = common, From = asked.From, Into = asked.Into, Branch = asked.Branch };
        if (common?.Id == asked.From.Id)
            return (outcome with { Snapshot = asked.Into }, null);
        if (common?.Id == asked.Into.Id && asked.Tree is null)
        {
            outcome = outcome with { Outcome = MergeOutcome.FastForward, Snapshot = asked.From };
            if (asked.IsDry)
                return (outcome, null);
            using var settled = await history.SettledAsync(volume, cancellationToken);
            return await store.MoveAsync(volume, asked.Branch, asked.Into.Id, asked.From.Id) ? (outcome, null) : (null, new MergeProblem());
        }

        var content = await stores.ToFillAsync(volume.Project);
        for (var tries = 1; ; tries++)
        {
            var (root, merged) = asked.Tree is { } tree ? (tree, null) : await StageAsync(content, volume, asked, common, cancellationToken);
            if (merged?.Needless is [var needless, ..])
                return (null, new MergeProblem(Needless: needless));
            if (merged is { ConflictCount: > 0 })
                meter.Conflicted();
            outcome = outcome with { MergedFiles = merged?.MergedFiles ?? 0, Conflicts = [.. (merged?.Conflicts ?? []).Select(View)], ConflictCount = merged?.ConflictCount ?? 0 };
            if (merged is { ConflictCount: > 0 })
                return (outcome with { Outcome = MergeOutcome.Conflicting }, null);
            outcome = outcome with { Outcome = MergeOutcome.Merged };
            if (asked.IsDry)
                return (outcome, null);
            var message = asked.Message is { Length: > 0 } said ? said : $"merge of {(asked.From.Refs is [var name, ..] ? name : asked.From.Id[..12])} into {asked.Branch}";
            var (made, missing) = await history.GoOnAsync(volume, root, asked.Branch, [asked.Into, asked.From], message, "merge", author, cancellationToken);
            if (made is not null)
            {
                meter.Merged();
                return (outcome with { Snapshot = made }, null);
            }

            // A collection may have been faster than the merge: what it made anew was in no snapshot yet.
            if (missing.Count == 0 || asked.Tree is not null || tries == MostTries)
                return (null, missing.Count == 0 ? new MergeProblem() : new MergeProblem(Missing: missing.First()));
        }
    }

    /// <summary>Puts paths of a snapshot, or all of it, onto a branch as a new snapshot; or why not.</summary>
    public async Task<(CreatedSnapshot? Made, MergeProblem? Problem)> RestoreAsync(
        Volume volume, ApiSnapshot from, ApiSnapshot into, string branch, RestoreRequest request, string author, CancellationToken cancellationToken)
    {
        var content = await stores.OfAsync(volume.Project);
        for (var tries = 1; ; tries++)
        {
            var (root, problem) = request.Paths is null ? (Root(from), null) : await PickAsync(content, volume, Root(from), Root(into), request.Paths, cancellationToken);
            if (problem is not null)
                return (null, problem);
            if (root == Root(into))
                return (new CreatedSnapshot { Snapshot = into, Branch = branch, IsNew = false, IsDiverged = false }, null);
            var what = request.Paths is [var only] ? $"'{only}'" : request.Paths is null ? "all" : $"{request.Paths.Count} paths";
            var message = request.Message is { Length: > 0 } said ? said : $"{what} as in {from.Id[..12]}";
            var (made, missing) = await history.GoOnAsync(volume, root, branch, [into], message, "restore", author, cancellationToken);
            if (made is not null)
                return (new CreatedSnapshot { Snapshot = made, Branch = branch, IsNew = true, IsDiverged = false }, null);
            // Others went on, or a collection was faster: what is taken back is put onto what is there now.
            if (tries == MostTries || await store.BranchAsync(volume, branch) is not { } now)
                return (null, missing.Count == 0 ? new MergeProblem() : new MergeProblem(Missing: missing.First()));
            into = now;
        }
    }

    private static DirectoryRef Root(ApiSnapshot snapshot) => new(ChunkId.Parse(snapshot.Root), snapshot.Entries, snapshot.Files, snapshot.Bytes);

    private static MergeConflictView View(MergeConflict conflict) =>
        new(conflict.Path, conflict.Kind.ToString().ToLowerInvariant(), conflict.IsOurs, conflict.IsTheirs);

    private async Task<(DirectoryRef Root, MergeResult? Merged)> StageAsync(
        ContentStore content, Volume volume, AskedMerge asked, ApiSnapshot? common, CancellationToken cancellationToken)
    {
        await _room.WaitAsync(cancellationToken);
        try
        {
            var before = common is null ? default : ChunkId.Parse(common.Root);
            var merged = await ProjectStores.WriteAsync(
                volume.Project, () => TreeMerge.RunAsync(content, before, Root(asked.Into), Root(asked.From), asked.Options, cancellationToken));
            return (merged.Root, merged);
        }
        finally
        {
            _room.Release();
        }
    }

    // What is not in the snapshot, and on the branch, was not there then: it goes.
    private static async Task<(DirectoryRef Root, MergeProblem? Problem)> PickAsync(
        ContentStore content, Volume volume, DirectoryRef from, DirectoryRef into, IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        var tree = new TreeEdit(content);
        var edits = new Dictionary<string, TreeEntry?>(StringComparer.Ordinal);
        foreach (var said in paths)
        {
            var path = string.Join('/', said.Split('/', StringSplitOptions.RemoveEmptyEntries));
            var entry = path.Length == 0 ? null : await tree.FindAsync(from, path, cancellationToken);
            if (entry is null && (path.Length == 0 || await tree.FindAsync(into, path, cancellationToken) is null))
                return (default, new MergeProblem(Nowhere: said));
            if (!edits.TryAdd(path, entry))
                return (default, new MergeProblem(Nested: said));
        }

        for (var (i, sorted) = (1, edits.Keys.Order(StringComparer.Ordinal).ToList()); i < sorted.Count; i++)
        {
            if (Above(sorted[i]).Any(edits.ContainsKey))
                return (default, new MergeProblem(Nested: sorted[i]));
        }

        var asked = edits.Select(static e => KeyValuePair.Create(Encoding.UTF8.GetBytes(e.Key), e.Value)).ToList();
        return (await ProjectStores.WriteAsync(volume.Project, () => tree.ApplyAsync(into, asked, cancellationToken)), null);
    }

    private static IEnumerable<string> Above(string path)
    {
        for (var end = path.LastIndexOf('/'); end > 0; end = path.LastIndexOf('/', end - 1))
            yield return path[..end];
    }
}
