using System.Buffers;
using System.Collections.Frozen;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Adit.Hub.Edge.Forwarding;

/// <summary>
/// The head of a response as an upstream sent it. One object serves all responses of a connection: it remembers the strings of the last
/// head by position, so a server that answers alike costs no new ones.
/// </summary>
/// <remarks>
/// Strict where leniency lets two readers see different messages: lines end in CR LF, no folding, no space around names, no control
/// characters, one framing (RFC 9112 sections 2.2, 5, 6.3).
/// </remarks>
internal sealed class ResponseHead
{
    /// <summary>The longest head, in bytes.</summary>
    public const int MaxLength = 64 * 1024;

    /// <summary>The most fields.</summary>
    public const int MaxFields = 256;

    private const int LongestRememberedValue = 512;

    private static readonly SearchValues<byte> TokenBytes =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    // All control characters but the tab.
    private static readonly SearchValues<byte> BadInValue =
        SearchValues.Create([.. Enumerable.Range(0, 32).Where(b => b != '\t').Select(b => (byte)b), 127]);

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> UsualNames = UsualNamesOf(
        HeaderNames.AcceptRanges, HeaderNames.AccessControlAllowOrigin, HeaderNames.Age, HeaderNames.Allow, HeaderNames.CacheControl,
        HeaderNames.Connection, HeaderNames.ContentDisposition, HeaderNames.ContentEncoding, HeaderNames.ContentLanguage,
        HeaderNames.ContentLength, HeaderNames.ContentRange, HeaderNames.ContentSecurityPolicy, HeaderNames.ContentType, HeaderNames.Date,
        HeaderNames.ETag, HeaderNames.Expires, HeaderNames.KeepAlive, HeaderNames.LastModified, HeaderNames.Link, HeaderNames.Location,
        HeaderNames.Pragma, HeaderNames.RetryAfter, HeaderNames.SecWebSocketAccept, HeaderNames.SecWebSocketProtocol, HeaderNames.Server,
        HeaderNames.SetCookie, HeaderNames.StrictTransportSecurity, HeaderNames.TransferEncoding, HeaderNames.Upgrade, HeaderNames.Vary,
        HeaderNames.WWWAuthenticate, HeaderNames.XContentTypeOptions, HeaderNames.XFrameOptions, HeaderNames.XXSSProtection);

    private Field[] _fields = new Field[16];

    /// <summary>The status, 100 to 999.</summary>
    public int Status { get; private set; }

    /// <summary>The reason phrase when it is not the usual one of the status.</summary>
    public string? Reason { get; private set; }

    /// <summary>How many fields there are.</summary>
    public int Count { get; private set; }

    /// <summary>How the body ends.</summary>
    public BodyFraming Framing { get; private set; }

    /// <summary>The value of Content-Length; null without one. Kept where there is no body (HEAD, 304).</summary>
    public long? ContentLength { get; private set; }

    /// <summary>Whether the connection may carry another request after this.</summary>
    public bool KeepAlive { get; private set; }

    private bool _isHttp10;

    /// <summary>A field's name.</summary>
    public string Name(int index) => _fields[index].Name;

    /// <summary>A field's role.</summary>
    public HeaderRole Role(int index) => _fields[index].Role;

    /// <summary>A field's value.</summary>
    public string Value(int index) => _fields[index].Value;

    /// <summary>Parses a head.</summary>
    /// <param name="bytes">What was received so far, from the status line on.</param>
    /// <param name="isHead">Whether the request was HEAD.</param>
    /// <returns>The length of the head; 0 when more must be received.</returns>
    /// <exception cref="BadResponseException">It is not acceptable.</exception>
    public int Parse(ReadOnlySpan<byte> bytes, bool isHead)
    {
        var rest = bytes;
        Count = 0;
        if (!TryTakeLine(ref rest, out var line))
            return 0;
        ParseStatusLine(line);
        while (TryTakeLine(ref rest, out line))
        {
            if (line.IsEmpty)
            {
                SettleFraming(isHead);
                return bytes.Length - rest.Length;
            }

            ParseField(line);
        }

        return 0;
    }

    private static FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> UsualNamesOf(params string[] names) =>
        names.ToFrozenSet(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Takes a line without its CR LF. False when it is not complete yet.</summary>
    internal static bool TryTakeLine(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> line)
    {
        var end = rest.IndexOf((byte)'\n');
        line = default;
        if (end < 0)
            return false;
        if (end == 0 || rest[end - 1] != '\r')
            throw new BadResponseException("a line ends in a bare line feed");
        line = rest[..(end - 1)];
        rest = rest[(end + 1)..];
        return true;
    }

    /// <summary>Cuts a field line into name and value and refuses what is not exactly that.</summary>
    internal static int SplitField(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> value)
    {
        var colon = line.IndexOf((byte)':');
        if (colon <= 0 || line[..colon].ContainsAnyExcept(TokenBytes))
        {
            throw new BadResponseException(
                line[0] is (byte)' ' or (byte)'\t' ? "a header field is folded over two lines" : "a header field has no valid name");
        }

        value = line[(colon + 1)..].Trim(" \t"u8);
        if (value.ContainsAny(BadInValue))
            throw new BadResponseException("a header field holds a control character");
        return colon;
    }

    private void ParseStatusLine(ReadOnlySpan<byte> line)
    {
        // HTTP/1.1 200 OK
        const int AfterVersion = 8;
        if (line.Length < AfterVersion + 4 || !line.StartsWith("HTTP/1."u8) || line[7] is not ((byte)'0' or (byte)'1') || line[AfterVersion] != ' '
            || (line.Length > AfterVersion + 4 && line[AfterVersion + 4] != ' ') || line.ContainsAny(BadInValue))
        {
            throw new BadResponseException("it does not begin with an HTTP/1.1 status line");
        }

        var digits = line.Slice(AfterVersion + 1, 3);
        if (digits.ContainsAnyExceptInRange((byte)'0', (byte)'9') || digits[0] == '0')
            throw new BadResponseException("its status is not a number of three digits");
        Status = ((digits[0] - '0') * 100) + ((digits[1] - '0') * 10) + (digits[2] - '0');
        _isHttp10 = line[7] == '0';
        var reason = line.Length > AfterVersion + 5 ? line[(AfterVersion + 5)..] : default;
        Reason = Ascii.Equals(reason, ReasonPhrases.GetReasonPhrase(Status)) ? null : Encoding.Latin1.GetString(reason);
    }

    private void ParseField(ReadOnlySpan<byte> line)
    {
        if (Count == MaxFields)
            throw new BadResponseException($"it has more than {MaxFields} header fields");
        if (Count == _fields.Length)
            Array.Resize(ref _fields, _fields.Length * 2);
        var colon = SplitField(line, out var value);
        ref var field = ref _fields[Count++];
        if (field.Name is null || !Ascii.Equals(line[..colon], field.Name))
        {
            field.Name = NameOf(line[..colon]);
            field.Role = HeaderRoles.Of(field.Name);
        }

        if (field.Value is null || field.Value.Length > LongestRememberedValue || !Ascii.Equals(value, field.Value))
            field.Value = Encoding.Latin1.GetString(value);
    }

    private static string NameOf(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > 64)
            return Encoding.Latin1.GetString(bytes);
        Span<char> chars = stackalloc char[bytes.Length];
        Encoding.Latin1.GetChars(bytes, chars);
        return UsualNames.TryGetValue(chars, out var usual) && chars.SequenceEqual(usual) ? usual : new string(chars);
    }

    // RFC 9112 sections 6.3 and 9.3.
    private void SettleFraming(bool isHead)
    {
        ContentLength = null;
        var chunked = false;
        var close = _isHttp10;
        for (var i = 0; i < Count; i++)
        {
            switch (_fields[i].Role)
            {
                case HeaderRole.ContentLength:
                    var length = ParseLength(_fields[i].Value);
                    if (ContentLength is { } other && other != length)
                        throw new BadResponseException("it has two different Content-Length fields");
                    ContentLength = length;
                    break;
                case HeaderRole.TransferEncoding:
                    if (chunked || _isHttp10 || !_fields[i].Value.Equals("chunked", StringComparison.OrdinalIgnoreCase))
                        throw new BadResponseException("its Transfer-Encoding is not chunked alone");
                    chunked = true;
                    break;
                case HeaderRole.Connection:
                    if (HopByHop.Lists(_fields[i].Value, "close"))
                        close = true;
                    else if (_isHttp10 && HopByHop.Lists(_fields[i].Value, "keep-alive"))
                        close = false;
                    break;
            }
        }

        if (chunked && ContentLength is not null)
            throw new BadResponseException("it has both Content-Length and Transfer-Encoding");
        Framing = isHead || Status is < 200 or 204 or 304 ? BodyFraming.None
            : chunked ? BodyFraming.Chunked
            : ContentLength is null ? BodyFraming.UntilClose
            : ContentLength == 0 ? BodyFraming.None
            : BodyFraming.Length;
        KeepAlive = !close && Framing != BodyFraming.UntilClose && !(chunked && Status == 204);
    }

    private static long ParseLength(string value)
    {
        if (value.Length is 0 or > 18 || value.AsSpan().ContainsAnyExceptInRange('0', '9'))
            throw new BadResponseException("its Content-Length is not a number");
        return long.Parse(value, System.Globalization.CultureInfo.InvariantCulture);
    }

    private struct Field
    {
        public string Name;
        public string Value;
        public HeaderRole Role;
    }
}
