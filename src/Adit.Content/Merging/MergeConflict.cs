using Adit.Content.Trees;

namespace Adit.Content.Merging;

/// <summary>Why a path cannot be merged without somebody who decides.</summary>
public enum ConflictKind
{
    /// <summary>Both changed the same lines.</summary>
    Text,

    /// <summary>Both changed the same cells of a notebook.</summary>
    Notebook,

    /// <summary>Both changed bytes that are no text, or too many of them.</summary>
    Binary,

    /// <summary>Both added something else, and it cannot be brought together.</summary>
    Added,

    /// <summary>One removed what the other changed.</summary>
    Removed,

    /// <summary>It is a file on one side, and a directory or a link on the other; or a link that both changed.</summary>
    Type,

    /// <summary>Both gave an extended attribute another value.</summary>
    Attributes,
}

/// <summary>What becomes of a path that both changed.</summary>
public enum Resolution
{
    /// <summary>It is as on the side that is merged into, or gone as there.</summary>
    Ours,

    /// <summary>It is as on the side that comes, or gone as there.</summary>
    Theirs,

    /// <summary>Both stay: the one that comes beside the other, as <c>NAME.theirs.EXT</c>.</summary>
    Both,
}

/// <summary>A path that both changed.</summary>
/// <param name="Path">Where, with slashes.</param>
/// <param name="Kind">Why.</param>
/// <param name="IsOurs">Whether the side that is merged into has it.</param>
/// <param name="IsTheirs">Whether the side that comes has it.</param>
public sealed record MergeConflict(string Path, ConflictKind Kind, bool IsOurs, bool IsTheirs)
{
    /// <summary>Where the other version was put, in a tree with marks; null when it is not beside.</summary>
    public string? Beside { get; internal set; }
}

/// <summary>How trees are merged.</summary>
public sealed record MergeOptions
{
    /// <summary>What was decided, by path.</summary>
    public IReadOnlyDictionary<string, Resolution> Resolve { get; init; } = new Dictionary<string, Resolution>(StringComparer.Ordinal);

    /// <summary>What was decided for all other paths; null for nothing.</summary>
    public Resolution? ResolveRest { get; init; }

    /// <summary>
    /// Conflicts are put into the tree, for somebody who mends them there: texts get marks, and of all else the version that comes is beside the other, as <c>NAME.theirs.EXT</c>.
    /// Otherwise the tree has our side wherever nothing was decided, and is of no use while there are conflicts.
    /// </summary>
    public bool Mark { get; init; }

    /// <summary>What the sides are called in marks.</summary>
    public MergeNames Names { get; init; } = new("ours", "theirs");
}

/// <summary>What a merge came to.</summary>
public sealed record MergeResult
{
    /// <summary>Most conflicts that are named.</summary>
    public const int MostConflicts = 10_000;

    /// <summary>The tree.</summary>
    public required DirectoryRef Root { get; init; }

    /// <summary>What nobody decided yet, by path: the first <see cref="MostConflicts"/>.</summary>
    public required IReadOnlyList<MergeConflict> Conflicts { get; init; }

    /// <summary>How many there are.</summary>
    public required long ConflictCount { get; init; }

    /// <summary>Files that were merged by their content.</summary>
    public required long MergedFiles { get; init; }

    /// <summary>What was decided of paths where there was nothing to decide.</summary>
    public required IReadOnlyList<string> Needless { get; init; }
}
