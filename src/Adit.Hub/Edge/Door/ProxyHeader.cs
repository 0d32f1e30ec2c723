using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Adit.Hub.Edge.Door;

/// <summary>How far a PROXY protocol header has been understood.</summary>
internal enum ProxyHeaderState
{
    /// <summary>So far it is right, but it goes on.</summary>
    Incomplete,

    /// <summary>It is not a PROXY header, or a broken one.</summary>
    Malformed,

    /// <summary>Read; <see cref="ProxyHeader.Length"/> bytes belong to it.</summary>
    Complete,
}

/// <summary>
/// A PROXY protocol header, version 1 (a text line) or 2 (binary), as HAProxy's proxy-protocol.txt defines them.
/// </summary>
/// <param name="State">How far it was understood.</param>
/// <param name="Length">When complete: how many bytes to take off the connection. When incomplete: how many there must be at least.</param>
/// <param name="Source">
/// Who connected to the proxy; null when the proxy speaks for itself (LOCAL) or does not say (UNKNOWN, UNSPEC).
/// </param>
internal readonly record struct ProxyHeader(ProxyHeaderState State, int Length, IPEndPoint? Source)
{
    // Section 2.1: the longest line is 107 bytes with CRLF.
    private const int LongestLine = 107;

    // Section 2.2 allows 65,535 bytes of addresses and TLVs. Real ones, client certificates' names included, stay far under this.
    private const int LongestBinary = 4096;

    // CR LF CR LF NUL CR LF 'QUIT' LF
    private static ReadOnlySpan<byte> Signature => [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A];

    private static ReadOnlySpan<byte> Word => "PROXY "u8;

    /// <summary>The most bytes that need to be looked at.</summary>
    public const int Longest = 16 + LongestBinary;

    /// <summary>Reads the header at the beginning of <paramref name="bytes"/>.</summary>
    public static ProxyHeader Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return Incomplete(1);
        return bytes[0] == Signature[0] ? ReadBinary(bytes) : ReadLine(bytes);
    }

    private static ProxyHeader ReadLine(ReadOnlySpan<byte> bytes)
    {
        var common = Math.Min(bytes.Length, Word.Length);
        if (!bytes[..common].SequenceEqual(Word[..common]))
            return Malformed;
        var line = bytes[..Math.Min(bytes.Length, LongestLine)];
        var end = line.IndexOf("\r\n"u8);
        if (end < 0)
            return line.Length == LongestLine ? Malformed : Incomplete(bytes.Length + 1);
        foreach (var b in line[..end])
        {
            if (b is < 0x20 or > 0x7E)
                return Malformed;
        }

        // Five words with exactly one space between them: PROXY TCP4 SOURCE DESTINATION PORT PORT. After UNKNOWN anything may follow.
        var words = Encoding.ASCII.GetString(line[Word.Length..end]).Split(' ');
        if (words[0] == "UNKNOWN")
            return Complete(end + 2, null);
        if (words.Length != 5 || words[0] is not ("TCP4" or "TCP6"))
            return Malformed;
        var family = words[0] == "TCP4" ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
        return ReadAddress(words[1], family) is { } source && ReadAddress(words[2], family) is not null
            && ReadPort(words[3]) is { } port && ReadPort(words[4]) is not null
            ? Complete(end + 2, new IPEndPoint(source, port))
            : Malformed;
    }

    private static ProxyHeader ReadBinary(ReadOnlySpan<byte> bytes)
    {
        var common = Math.Min(bytes.Length, Signature.Length);
        if (!bytes[..common].SequenceEqual(Signature[..common]))
            return Malformed;
        if (bytes.Length < 16)
            return Incomplete(16);
        var command = bytes[12];
        var family = bytes[13];
        var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]);
        if (command is not (0x20 or 0x21) || length > LongestBinary)
            return Malformed;
        if (bytes.Length < 16 + length)
            return Incomplete(16 + length);

        // LOCAL: the proxy's own connection, a health check; its addresses mean nothing (section 2.2). What follows the addresses are
        // TLVs, which are skipped with the header.
        if (command == 0x20)
            return Complete(16 + length, null);
        var addresses = bytes.Slice(16, length);
        return family switch
        {
            0x11 when length >= 12 => Complete(16 + length, At(addresses[..4], addresses[8..])),
            0x21 when length >= 36 => Complete(16 + length, At(addresses[..16], addresses[32..])),
            0x00 or 0x31 => Complete(16 + length, null),
            _ => Malformed,
        };
    }

    private static IPEndPoint At(ReadOnlySpan<byte> address, ReadOnlySpan<byte> port) =>
        new(new IPAddress(address), BinaryPrimitives.ReadUInt16BigEndian(port));

    // IPAddress.TryParse also takes 1, 0x7f.1 and scopes; the canonical forms are all that a proxy may send.
    private static IPAddress? ReadAddress(string word, AddressFamily family) =>
        IPAddress.TryParse(word, out var address) && address.AddressFamily == family && !word.Contains('%', StringComparison.Ordinal)
            && (family == AddressFamily.InterNetworkV6 || address.ToString() == word)
            ? address
            : null;

    private static int? ReadPort(string word) =>
        word.Length is > 0 and <= 5 && (word.Length == 1 || word[0] != '0')
            && ushort.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            ? port
            : null;

    private static ProxyHeader Malformed => new(ProxyHeaderState.Malformed, 0, null);

    private static ProxyHeader Incomplete(int needed) => new(ProxyHeaderState.Incomplete, needed, null);

    private static ProxyHeader Complete(int length, IPEndPoint? source) => new(ProxyHeaderState.Complete, length, source);
}
