namespace Adit.Content.Trees;

/// <summary>Where the bytes of a file are.</summary>
public enum FileForm : byte
{
    /// <summary>In its entry.</summary>
    Inline = 0,

    /// <summary>They are one chunk.</summary>
    Chunk = 1,

    /// <summary>They are the chunks of a list.</summary>
    List = 2,
}
