namespace Adit.Content.Trees;

/// <summary>What is different at a path between two trees.</summary>
/// <param name="Kind">How.</param>
/// <param name="Path">Where, beneath the topmost directory, with slashes.</param>
/// <param name="Before">What was there.</param>
/// <param name="After">What is there.</param>
/// <param name="From">Where it was, when it moved.</param>
public sealed record TreeChange(ChangeKind Kind, string Path, TreeEntry? Before, TreeEntry? After, string? From = null);

/// <summary>How two trees differ at a path.</summary>
public enum ChangeKind
{
    /// <summary>It is new.</summary>
    Added,

    /// <summary>It is gone.</summary>
    Removed,

    /// <summary>It has other bytes, or is something else.</summary>
    Changed,

    /// <summary>It has another mode or other attributes, and the same bytes.</summary>
    Described,

    /// <summary>The same bytes are elsewhere.</summary>
    Moved,
}
