namespace Adit.Content.Index;

/// <summary>What came of marking a chunk.</summary>
internal enum IndexMark
{
    /// <summary>It is not in the index, or damaged.</summary>
    Missing,

    /// <summary>It was not marked before.</summary>
    First,

    /// <summary>It was.</summary>
    Again,

    /// <summary>It is newer than the collection: it lives anyway, and that it was marked is not remembered.</summary>
    Newer,
}
