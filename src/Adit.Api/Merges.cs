namespace Adit.Api;

/// <summary>POST /api/v1/volumes/{project}/{volume}/merges: brings what a snapshot has into a branch.</summary>
public sealed record MergeRequest
{
    /// <summary>What comes: a branch, a tag, an id or the beginning of one.</summary>
    public required string From { get; init; }

    /// <summary>The branch that goes on; <c>main</c> when null.</summary>
    public string? Into { get; init; }

    /// <summary>What is said of it; at most 10,000 characters.</summary>
    public string? Message { get; init; }

    /// <summary>The snapshot that the branch has to be at; null for wherever it is.</summary>
    public string? Parent { get; init; }

    /// <summary>Nothing is made: the answer says what would be.</summary>
    public bool IsDry { get; init; }

    /// <summary>What becomes of paths that both changed: <c>ours</c> (of the branch), <c>theirs</c>, <c>both</c>.</summary>
    public IReadOnlyDictionary<string, string>? Resolve { get; init; }

    /// <summary>The same for all other paths; null for nothing.</summary>
    public string? ResolveRest { get; init; }

    /// <summary>The tree that the client made of both, when it does not want the hub's: 64 hexadecimal digits.</summary>
    public string? Root { get; init; }

    /// <summary>With <c>root</c>: entries of the topmost directory.</summary>
    public long Entries { get; init; }

    /// <summary>With <c>root</c>: files in all directories.</summary>
    public long Files { get; init; }

    /// <summary>With <c>root</c>: their sizes together.</summary>
    public long Bytes { get; init; }
}

/// <summary>What became of a request for a merge.</summary>
public sealed record MergeOutcome
{
    /// <summary>The branch has all of it already.</summary>
    public const string Nothing = "nothing";

    /// <summary>The branch had nothing that is not in what comes: it is there now.</summary>
    public const string FastForward = "fast-forward";

    /// <summary>A snapshot was made of both.</summary>
    public const string Merged = "merged";

    /// <summary>Both changed the same: nothing was made.</summary>
    public const string Conflicting = "conflicts";

    /// <summary><c>nothing</c>, <c>fast-forward</c>, <c>merged</c>, <c>conflicts</c>; of a dry run what it would be.</summary>
    public required string Outcome { get; init; }

    /// <summary>The nearest snapshot that both come from; null for none.</summary>
    public ApiSnapshot? Base { get; init; }

    /// <summary>What came.</summary>
    public required ApiSnapshot From { get; init; }

    /// <summary>Where the branch was.</summary>
    public required ApiSnapshot Into { get; init; }

    /// <summary>The branch.</summary>
    public required string Branch { get; init; }

    /// <summary>Where the branch is now; null when nothing was made of both.</summary>
    public ApiSnapshot? Snapshot { get; init; }

    /// <summary>Files that both changed, and that were merged by their content.</summary>
    public long MergedFiles { get; init; }

    /// <summary>What somebody has to decide: the first 10,000.</summary>
    public IReadOnlyList<MergeConflictView> Conflicts { get; set; } = [];

    /// <summary>How many there are.</summary>
    public long ConflictCount { get; init; }
}

/// <summary>A path that both changed.</summary>
/// <param name="Path">Where.</param>
/// <param name="Kind">
/// Why: <c>text</c> (the same lines), <c>notebook</c> (the same cells), <c>binary</c> (bytes that are no text, or too many), <c>added</c> (both, differently), <c>removed</c> (by one, changed by the
/// other), <c>type</c> (a file here, a directory or a link there; or a link), <c>attributes</c>.
/// </param>
/// <param name="IsOurs">Whether the branch has it.</param>
/// <param name="IsTheirs">Whether what comes has it.</param>
public sealed record MergeConflictView(string Path, string Kind, bool IsOurs, bool IsTheirs);

/// <summary>POST /api/v1/volumes/{project}/{volume}/restores: makes a branch have again what a snapshot has.</summary>
public sealed record RestoreRequest
{
    /// <summary>The snapshot: a branch, a tag, an id or the beginning of one.</summary>
    public required string From { get; init; }

    /// <summary>Files and directories; all when null. What was not there then goes.</summary>
    public IReadOnlyList<string>? Paths { get; init; }

    /// <summary>The branch that goes on; <c>main</c> when null.</summary>
    public string? Branch { get; init; }

    /// <summary>What is said of it; at most 10,000 characters.</summary>
    public string? Message { get; init; }
}
