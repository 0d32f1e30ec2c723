using System.Buffers.Binary;

namespace Adit.Hub.Edge.Door;

/// <summary>How far a ClientHello has been understood.</summary>
internal enum ClientHelloState
{
    /// <summary>So far it is right, but it goes on.</summary>
    Incomplete,

    /// <summary>The first byte is not that of a TLS handshake record.</summary>
    NotTls,

    /// <summary>It began like TLS and then broke its own lengths.</summary>
    Malformed,

    /// <summary>Read.</summary>
    Complete,
}

/// <summary>
/// What the door needs of a TLS ClientHello (RFC 8446 section 4.1.2): the server name (RFC 6066 section 3) and whether the two protocols
/// that the door serves itself are offered (ALPN, RFC 7301).
/// </summary>
/// <param name="State">How far it was understood.</param>
/// <param name="ServerName">In lower case without trailing dot; null when absent or not shaped like a host name.</param>
/// <param name="OffersLink">ALPN contains <c>adit-link</c>.</param>
/// <param name="OffersAcme">ALPN is exactly <c>acme-tls/1</c> (RFC 8737 section 3).</param>
internal readonly record struct ClientHello(ClientHelloState State, string? ServerName, bool OffersLink, bool OffersAcme)
{
    private const byte HandshakeRecord = 22;
    private const byte ClientHelloMessage = 1;
    private const int RecordHeader = 5;
    private const int MessageHeader = 4;
    private const int LongestFragment = 1 << 14;

    private static ReadOnlySpan<byte> Link => "adit-link"u8;

    private static ReadOnlySpan<byte> Acme => "acme-tls/1"u8;

    /// <summary>
    /// Reads the ClientHello at the beginning of <paramref name="bytes"/>, which are overwritten: the message's fragments are moved
    /// together, over the record headers between them (a message may be split over records, RFC 8446 section 5.1), so that no second
    /// buffer is needed.
    /// </summary>
    public static ClientHello Read(Span<byte> bytes)
    {
        if (bytes.IsEmpty)
            return new(ClientHelloState.Incomplete, null, false, false);
        if (bytes[0] != HandshakeRecord)
            return new(ClientHelloState.NotTls, null, false, false);
        var state = JoinFragments(bytes, out var message);
        return state == ClientHelloState.Complete ? ReadMessage(message) : new(state, null, false, false);
    }

    // Moves fragments to the front of the buffer. The write position is always behind the read position by at least one record header.
    private static ClientHelloState JoinFragments(Span<byte> bytes, out ReadOnlySpan<byte> message)
    {
        message = default;
        var read = 0;
        var written = 0;
        while (true)
        {
            var rest = bytes[read..];
            if (rest.Length > 0 && rest[0] != HandshakeRecord)
                return ClientHelloState.Malformed;
            if (rest.Length > 1 && rest[1] != 3)
                return ClientHelloState.Malformed;
            if (rest.Length < RecordHeader)
                return ClientHelloState.Incomplete;
            int length = BinaryPrimitives.ReadUInt16BigEndian(rest[3..]);

            // Empty handshake fragments are forbidden (RFC 8446 section 5.1): they would make this loop long for nothing.
            if (length is 0 or > LongestFragment)
                return ClientHelloState.Malformed;
            var present = Math.Min(length, rest.Length - RecordHeader);
            rest.Slice(RecordHeader, present).CopyTo(bytes[written..]);
            written += present;
            read += RecordHeader + present;

            if (written > 0 && bytes[0] != ClientHelloMessage)
                return ClientHelloState.Malformed;
            if (written >= MessageHeader)
            {
                var total = MessageHeader + ((bytes[1] << 16) | (bytes[2] << 8) | bytes[3]);
                if (written >= total)
                {
                    message = bytes[MessageHeader..total];
                    return ClientHelloState.Complete;
                }
            }

            if (present < length)
                return ClientHelloState.Incomplete;
        }
    }

    private static ClientHello ReadMessage(ReadOnlySpan<byte> message)
    {
        var malformed = new ClientHello(ClientHelloState.Malformed, null, false, false);

        // legacy_version 2, random 32; session id ≤ 32; cipher suites, at least one; compression methods, at least one.
        var reader = new LengthReader(message);
        if (!reader.Skip(34) || !reader.Take8(out var session) || session.Length > 32
            || !reader.Take16(out var suites) || suites.Length < 2 || suites.Length % 2 != 0
            || !reader.Take8(out var compression) || compression.IsEmpty)
            return malformed;
        if (reader.IsAtEnd)
            return new(ClientHelloState.Complete, null, false, false);
        if (!reader.Take16(out var extensions) || !reader.IsAtEnd)
            return malformed;

        string? name = null;
        bool link = false, acme = false, seenName = false, seenProtocols = false;
        var each = new LengthReader(extensions);
        while (!each.IsAtEnd)
        {
            if (!each.TakeNumber(out var type) || !each.Take16(out var body))
                return malformed;
            switch (type)
            {
                case 0 when seenName || !TryReadName(body, out name):
                case 16 when seenProtocols || !TryReadProtocols(body, out link, out acme):
                    return malformed;
                case 0:
                    seenName = true;
                    break;
                case 16:
                    seenProtocols = true;
                    break;
            }
        }

        return new(ClientHelloState.Complete, name, link, acme);
    }

    private static bool TryReadName(ReadOnlySpan<byte> body, out string? name)
    {
        name = null;
        var outer = new LengthReader(body);
        if (!outer.Take16(out var list) || !outer.IsAtEnd || list.IsEmpty)
            return false;
        var names = new LengthReader(list);
        while (!names.IsAtEnd)
        {
            if (!names.TakeByte(out var type) || !names.Take16(out var value))
                return false;

            // host_name(0) is the only type there is, and at most one of a type may be there.
            if (type != 0)
                continue;
            if (name is not null || value.IsEmpty)
                return false;
            name = ToHostName(value) ?? string.Empty;
        }

        if (name?.Length == 0)
            name = null;
        return true;
    }

    private static string? ToHostName(ReadOnlySpan<byte> value)
    {
        if (value[^1] == '.')
            value = value[..^1];
        if (value.Length is 0 or > 253)
            return null;
        Span<char> lower = stackalloc char[value.Length];
        for (var i = 0; i < value.Length; i++)
        {
            var c = (char)value[i];
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.' or '_'))
                return null;
            lower[i] = char.ToLowerInvariant(c);
        }

        return new string(lower);
    }

    private static bool TryReadProtocols(ReadOnlySpan<byte> body, out bool link, out bool acme)
    {
        link = acme = false;
        var outer = new LengthReader(body);
        if (!outer.Take16(out var list) || !outer.IsAtEnd || list.IsEmpty)
            return false;
        var protocols = new LengthReader(list);
        var count = 0;
        while (!protocols.IsAtEnd)
        {
            if (!protocols.Take8(out var protocol) || protocol.IsEmpty)
                return false;
            count++;
            link |= protocol.SequenceEqual(Link);
            acme |= protocol.SequenceEqual(Acme);
        }

        acme &= count == 1;
        return true;
    }

    // Takes length-prefixed pieces off a span and never reads past it.
    private ref struct LengthReader(ReadOnlySpan<byte> span)
    {
        private ReadOnlySpan<byte> _rest = span;

        public readonly bool IsAtEnd => _rest.IsEmpty;

        public bool Skip(int count)
        {
            if (_rest.Length < count)
                return false;
            _rest = _rest[count..];
            return true;
        }

        public bool TakeByte(out byte value)
        {
            value = _rest.IsEmpty ? (byte)0 : _rest[0];
            return Skip(1);
        }

        public bool TakeNumber(out ushort value)
        {
            value = _rest.Length < 2 ? (ushort)0 : BinaryPrimitives.ReadUInt16BigEndian(_rest);
            return Skip(2);
        }

        public bool Take8(out ReadOnlySpan<byte> piece)
        {
            piece = default;
            return TakeByte(out var length) && Take(length, out piece);
        }

        public bool Take16(out ReadOnlySpan<byte> piece)
        {
            piece = default;
            return TakeNumber(out var length) && Take(length, out piece);
        }

        private bool Take(int length, out ReadOnlySpan<byte> piece)
        {
            piece = _rest.Length < length ? default : _rest[..length];
            return Skip(length);
        }
    }
}
