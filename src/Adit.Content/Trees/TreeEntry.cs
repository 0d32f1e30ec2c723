using System.Text;
using Adit.Content.Chunks;

namespace Adit.Content.Trees;

/// <summary>An entry of a directory: docs/reference/content.md, "Directories". Which of its members count depends on its type.</summary>
public sealed record TreeEntry
{
    /// <summary>Most bytes of a name.</summary>
    public const int MaxName = 255;

    /// <summary>Most bytes of a link's target.</summary>
    public const int MaxTarget = 4095;

    /// <summary>A file of so many bytes has them in its entry: an id would be hardly shorter.</summary>
    public const int MaxInline = 128;

    /// <summary>Most extended attributes.</summary>
    public const int MaxAttributes = 256;

    /// <summary>Most bytes of all extended attributes together, names and values.</summary>
    public const int MaxAttributeBytes = 128 << 10;

    /// <summary>Most bytes of the value of an extended attribute.</summary>
    public const int MaxAttribute = 64 << 10;

    /// <summary>Permission bits that are kept: neither set-user-id nor set-group-id.</summary>
    public const int ModeMask = 0b1_111_111_111;

    /// <summary>Its name: bytes as the system gave them.</summary>
    public required byte[] Name { get; init; }

    /// <summary>What it is.</summary>
    public required EntryType Type { get; init; }

    /// <summary>Permission bits within <see cref="ModeMask"/>.</summary>
    public int Mode { get; init; }

    /// <summary>Files and links: when it was changed last.</summary>
    public FileTime Modified { get; init; }

    /// <summary>Files: bytes.</summary>
    public long Size { get; init; }

    /// <summary>Files: where the bytes are.</summary>
    public FileForm Form { get; init; }

    /// <summary>Files: the bytes, when they are in the entry.</summary>
    public byte[] Inline { get; init; } = [];

    /// <summary>Files: the chunk or the list, when they are not. Directories: the page.</summary>
    public ChunkId Content { get; init; }

    /// <summary>Directories: their number of entries.</summary>
    public long Entries { get; init; }

    /// <summary>Directories: files in it and below.</summary>
    public long Files { get; init; }

    /// <summary>Links: where it leads.</summary>
    public byte[] Target { get; init; } = [];

    /// <summary>Extended attributes in ascending order of their names.</summary>
    public IReadOnlyList<ExtendedAttribute> Attributes { get; init; } = [];

    /// <summary>Not 0: files of one snapshot with the same number, size and content are one file with several names.</summary>
    public ulong HardLink { get; init; }

    /// <summary>It changed each time that it was read: its bytes may never have been in it together.</summary>
    public bool IsFuzzy { get; init; }

    /// <summary>The name as text; bytes that are no UTF-8 are shown as U+FFFD.</summary>
    public string DisplayName => Encoding.UTF8.GetString(Name);

    /// <summary>Directories: as a reference. <see cref="Size"/> is then the bytes below.</summary>
    public DirectoryRef Directory => new(Content, Entries, Files, Size);

    /// <summary>Whether a name may stand in a directory.</summary>
    public static bool IsName(ReadOnlySpan<byte> name) =>
        name.Length is > 0 and <= MaxName && !name.ContainsAny((byte)'/', (byte)0) && !name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8);

    /// <summary>As it stands in a directory.</summary>
    public byte[] ToBytes()
    {
        var writer = new ByteWriter(256);
        EntryCodec.Write(ref writer, this);
        return writer.Written.ToArray();
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="DamagedContentException">It is none.</exception>
    public static TreeEntry Parse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var reader = new ByteReader(bytes);
            var entry = EntryCodec.Read(ref reader);
            return reader.IsAtEnd ? entry : throw new FormatException("There is more in it than an entry.");
        }
        catch (FormatException e)
        {
            throw new DamagedContentException($"This is no entry: {e.Message}", e);
        }
    }

    /// <summary>Whether both hold the same bytes, whatever their names, times and modes.</summary>
    public bool HasContentOf(TreeEntry other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Type == other.Type && Size == other.Size && Form == other.Form && Content == other.Content
            && Inline.AsSpan().SequenceEqual(other.Inline) && Target.AsSpan().SequenceEqual(other.Target);
    }
}
