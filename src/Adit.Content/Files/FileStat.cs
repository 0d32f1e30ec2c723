using Adit.Content.Trees;

namespace Adit.Content.Files;

/// <summary>What a system says of a name in a directory.</summary>
internal struct FileStat
{
    /// <summary>What it is; null for sockets, devices and pipes.</summary>
    public EntryType? Type;

    /// <summary>Permission bits within <see cref="TreeEntry.ModeMask"/>.</summary>
    public int Mode;

    /// <summary>Bytes.</summary>
    public long Size;

    /// <summary>Bytes that it takes on the disk; less than <see cref="Size"/> when there are holes.</summary>
    public long Allocated;

    /// <summary>Nanoseconds since 1970: when its bytes were changed.</summary>
    public long Modified;

    /// <summary>Nanoseconds since 1970: when anything of it was changed, which no program can set. <see cref="Modified"/> where a system has no such time.</summary>
    public long Changed;

    /// <summary>What tells it from other files of its device; 0 where a system has none.</summary>
    public ulong Inode;

    /// <summary>The device.</summary>
    public ulong Device;

    /// <summary>Names that it has.</summary>
    public uint Links;

    /// <summary>Whether nothing shows that the bytes or the description of the file changed between the two looks.</summary>
    public readonly bool IsAs(in FileStat other) =>
        Modified == other.Modified && Changed == other.Changed && Size == other.Size && Inode == other.Inode && Mode == other.Mode && Type == other.Type;
}
