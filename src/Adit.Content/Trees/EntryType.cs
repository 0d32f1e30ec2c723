namespace Adit.Content.Trees;

/// <summary>What an entry of a directory is.</summary>
public enum EntryType : byte
{
    /// <summary>A file.</summary>
    File = 1,

    /// <summary>A directory.</summary>
    Directory = 2,

    /// <summary>A symbolic link.</summary>
    Link = 3,
}
