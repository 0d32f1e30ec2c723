using System.Text;
using Adit.Content.Chunks;
using Adit.Content.Trees;

namespace Adit.Content.Merging;

/// <summary>What was decided of the paths that both sides changed, and what nobody decided yet.</summary>
internal sealed class MergeDecisions(MergeOptions options)
{
    private const int MostPlaced = 100_000;

    private readonly List<Open> _open = [];
    private readonly List<(byte[] Path, TreeEntry Entry, MergeConflict? Conflict)> _beside = [];
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);
    private long _count;

    /// <summary>What stands at a path that both changed.</summary>
    /// <param name="path">The path, as bytes.</param>
    /// <param name="kind">Why it is a conflict.</param>
    /// <param name="before">What both come from.</param>
    /// <param name="ours">What our side has.</param>
    /// <param name="theirs">What the other has.</param>
    /// <param name="marked">What stands there for somebody who mends it.</param>
    /// <param name="beside">What stands beside that.</param>
    public TreeEntry? Decide(byte[] path, ConflictKind kind, TreeEntry? before, TreeEntry? ours, TreeEntry? theirs, TreeEntry? marked, TreeEntry? beside)
    {
        var shown = Encoding.UTF8.GetString(path);
        if (options.Resolve.TryGetValue(shown, out var resolution))
        {
            _used.Add(shown);
            return Take(path, resolution, ours, theirs);
        }

        if (options.ResolveRest is { } rest)
            return Take(path, rest, ours, theirs);
        _count++;
        if (options.Mark && _count > MergeResult.MostConflicts)
            throw new TooManyConflictsException();
        var conflict = new MergeConflict(shown, kind, ours is not null, theirs is not null);
        if (_open.Count < MergeResult.MostConflicts)
            _open.Add(new Open(path, conflict, before, ours, theirs));
        if (!options.Mark)
            return ours;
        if (beside is not null)
            _beside.Add((path, beside, conflict));
        return marked;
    }

    /// <summary>
    /// A file that one side moved and the other changed is no conflict: it is where the one moved it, with the bytes of the other. Where more than one may be meant, somebody decides.
    /// </summary>
    public async Task FollowMovesAsync(
        IChunkStore store, ChunkId before, DirectoryRef ours, DirectoryRef theirs, DirectoryRef merged, Dictionary<byte[], TreeEntry?> edits, CancellationToken cancellationToken)
    {
        var disputed = _open.Select(static c => c.Conflict.Path).ToHashSet(StringComparer.Ordinal);
        var followed = new HashSet<Open>(ReferenceEqualityComparer.Instance);
        foreach (var (mover, isOurs) in new[] { (ours, true), (theirs, false) })
        {
            var wanted = _open.Where(c => c.Conflict.Kind == ConflictKind.Removed && c.Conflict.IsOurs != isOurs && c.Before is { Type: EntryType.File, Size: > 0 } && c.Changed!.Type == EntryType.File)
                .ToList();
            if (wanted.Count == 0)
                continue;
            var moves = new MergeMoves(wanted.Select(static c => c.Before!));
            await foreach (var change in new TreeDiff(store).CompareAsync(before, mover.Id, cancellationToken))
                moves.Add(change);
            foreach (var open in wanted)
            {
                if (moves.Find(open.Before!) is not { After: { } after } move)
                    continue;
                // Where it went to is as the one who moved it has it, and nobody has to decide about that.
                var path = Encoding.UTF8.GetBytes(move.Path);
                if (Above(move.Path).Any(disputed.Contains) || edits.ContainsKey(path)
                    || await new TreeEdit(store).FindAsync(merged, move.Path, cancellationToken) is not { } there || !there.HasContentOf(after))
                    continue;
                edits[open.Path] = null;
                edits[path] = open.Changed! with { Mode = EntryMerge.Mode(open.Before, after, open.Changed!), HardLink = 0 };
                followed.Add(open);
            }
        }

        _open.RemoveAll(followed.Contains);
        _count -= followed.Count;
    }

    /// <summary>Finds names for what stands beside something else.</summary>
    public async Task PlaceBesideAsync(IChunkStore store, DirectoryRef merged, Dictionary<byte[], TreeEntry?> edits, CancellationToken cancellationToken)
    {
        var tree = new TreeEdit(store);
        // Where many want the same name, each goes on counting where the last one ended.
        var taken = new Dictionary<byte[], int>(NameComparer.Instance);
        foreach (var (path, entry, conflict) in _beside)
        {
            var wanted = Beside(path, 1);
            for (var number = taken.GetValueOrDefault(wanted) + 1; ; number++)
            {
                var beside = Beside(path, number);
                if (edits.ContainsKey(beside) || await tree.FindAsync(merged, TreeEdit.Names(beside), cancellationToken) is not null)
                    continue;
                edits[beside] = entry with { HardLink = 0 };
                if (conflict is not null)
                    conflict.Beside = Encoding.UTF8.GetString(beside);
                taken[wanted] = number;
                break;
            }
        }
    }

    /// <summary>All of it.</summary>
    public MergeResult Result(DirectoryRef root, long mergedFiles) => new()
    {
        Root = root,
        Conflicts = [.. _open.Select(static c => c.Conflict)],
        ConflictCount = _count,
        MergedFiles = mergedFiles,
        Needless = [.. options.Resolve.Keys.Where(path => !_used.Contains(path)).Order(StringComparer.Ordinal)],
    };

    private TreeEntry? Take(byte[] path, Resolution resolution, TreeEntry? ours, TreeEntry? theirs)
    {
        if (resolution == Resolution.Both && ours is not null && theirs is not null)
            _beside.Add((path, theirs, null));
        if (_beside.Count > MostPlaced)
            throw new TooManyConflictsException();
        return resolution switch { Resolution.Ours => ours, Resolution.Theirs => theirs, _ => ours ?? theirs };
    }

    private static IEnumerable<string> Above(string path)
    {
        for (var end = path.Length; end > 0; end = path.LastIndexOf('/', end - 1))
            yield return path[..end];
    }

    // a.png is a.theirs.png, Makefile is Makefile.theirs; a name that gets too long is cut at a character.
    private static byte[] Beside(byte[] path, int number)
    {
        var start = path.AsSpan().LastIndexOf((byte)'/') + 1;
        var name = path.AsSpan(start);
        var dot = name.LastIndexOf((byte)'.') is > 0 and var at && name.Length - at <= 20 ? at : name.Length;
        byte[] middle = number == 1 ? [.. ".theirs"u8] : Encoding.UTF8.GetBytes($".theirs-{number}");
        var stem = name[..Math.Min(dot, TreeEntry.MaxName - middle.Length - (name.Length - dot))];
        while (stem.Length < dot && stem.Length > 1 && (name[stem.Length] & 0xC0) == 0x80)
            stem = stem[..^1];
        return [.. path.AsSpan(0, start), .. stem, .. middle, .. name[dot..]];
    }

    private sealed record Open(byte[] Path, MergeConflict Conflict, TreeEntry? Before, TreeEntry? Ours, TreeEntry? Theirs)
    {
        public TreeEntry? Changed => Ours ?? Theirs;
    }
}
