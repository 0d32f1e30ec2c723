using System.Buffers.Binary;
using System.Globalization;
using Adit.Content.Chunks;

namespace Adit.Content.Packs;

/// <summary>Where packs lie and what they begin with: docs/reference/content.md, "Packs".</summary>
internal static class PackFormat
{
    /// <summary>Bytes before the first frame.</summary>
    public const int HeaderSize = 16;

    /// <summary>A pack is sealed when it has so many bytes.</summary>
    public const int Full = 32 << 20;

    /// <summary>Most bytes of a pack: a full one, a frame and a footer.</summary>
    public const int MaxLength = 128 << 20;

    /// <summary>Packs of data and packs of the other kinds.</summary>
    public const int Classes = 2;

    private const uint Version = 1;

    private static ReadOnlySpan<byte> Magic => "ADITPACK"u8;

    /// <summary>The class of packs that a chunk of this kind lies in.</summary>
    public static int ClassOf(ChunkKind kind) => kind == ChunkKind.Data ? 0 : 1;

    /// <summary>The name of a pack below the store's directory.</summary>
    public static string NameOf(uint pack) =>
        Path.Combine("packs", (pack & 0xFF).ToString("x2", CultureInfo.InvariantCulture), pack.ToString("D8", CultureInfo.InvariantCulture) + ".pack");

    /// <summary>All packs of a store by number, with the bytes of their files. Other files are passed over.</summary>
    public static SortedDictionary<uint, long> List(string directory)
    {
        SortedDictionary<uint, long> packs = [];
        foreach (var file in new DirectoryInfo(Path.Combine(directory, "packs")).EnumerateFiles("*.pack", SearchOption.AllDirectories))
        {
            if (uint.TryParse(Path.GetFileNameWithoutExtension(file.Name), NumberStyles.None, CultureInfo.InvariantCulture, out var pack) && pack != 0
                && file.FullName.EndsWith(NameOf(pack), StringComparison.Ordinal))
                packs[pack] = file.Length;
        }

        return packs;
    }

    public static void WriteHeader(Span<byte> header, int packClass)
    {
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], packClass);
    }

    /// <summary>The class of the pack that begins so; -1 when none of this version does.</summary>
    public static int ReadHeader(ReadOnlySpan<byte> header) =>
        header.Length >= HeaderSize && header.StartsWith(Magic) && BinaryPrimitives.ReadUInt32LittleEndian(header[8..]) == Version
        && BinaryPrimitives.ReadInt32LittleEndian(header[12..]) is var packClass and >= 0 and < Classes
            ? packClass
            : -1;
}
