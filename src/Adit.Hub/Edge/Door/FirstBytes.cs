namespace Adit.Hub.Edge.Door;

/// <summary>What the first bytes of a connection in clear say.</summary>
internal enum FirstBytes
{
    /// <summary>They could still become a data connection's.</summary>
    Undecided,

    /// <summary>A data connection of a link.</summary>
    LinkData,

    /// <summary>Anything else; Kestrel's.</summary>
    Other,
}

/// <summary>Tells data connections of links from everything else.</summary>
internal static class FirstBytesReader
{
    // Also what docs/reference/link.md asks of a client: this exact spelling, with a space after the path.
    private static ReadOnlySpan<byte> LinkData => "GET /_adit/link/data "u8;

    /// <summary>How many bytes decide at most.</summary>
    public static int Needed => LinkData.Length;

    /// <summary>Decides on the bytes so far.</summary>
    public static FirstBytes Read(ReadOnlySpan<byte> bytes)
    {
        var common = Math.Min(bytes.Length, LinkData.Length);
        if (!bytes[..common].SequenceEqual(LinkData[..common]))
            return FirstBytes.Other;
        return common == LinkData.Length ? FirstBytes.LinkData : FirstBytes.Undecided;
    }
}
