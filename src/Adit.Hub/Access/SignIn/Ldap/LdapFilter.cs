using System.Formats.Asn1;
using System.Text;

namespace Adit.Hub.Access.SignIn.Ldap;

/// <summary>
/// Search filters: their text (RFC 4515) to the form in which they are sent (RFC 4511 4.5.1.7). Everything but the matching of attribute
/// options: <c>&amp; | !</c>, <c>= &gt;= &lt;= ~=</c>, <c>*</c>, and extensible matches such as <c>(member:1.2.840.113556.1.4.1941:=…)</c>.
/// </summary>
internal static class LdapFilter
{
    private const int MaxLength = 4096;
    private const int MaxDepth = 20;

    /// <summary>A text as it may stand for a value in a filter (RFC 4515 3): what could end the value is written as its bytes.</summary>
    public static string Escape(string value)
    {
        var escaped = new StringBuilder(value.Length);
        foreach (var b in Encoding.UTF8.GetBytes(value))
        {
            if (b is > 0x20 and < 0x7f and not ((byte)'*' or (byte)'(' or (byte)')' or (byte)'\\'))
                escaped.Append((char)b);
            else
                escaped.Append('\\').Append(Convert.ToHexStringLower([b]));
        }

        return escaped.ToString();
    }

    /// <summary>Writes a filter.</summary>
    /// <exception cref="FormatException">It is none; the message says where.</exception>
    public static void Write(AsnWriter writer, string filter)
    {
        if (filter.Length > MaxLength)
            throw new FormatException($"a filter has at most {MaxLength} characters");
        var at = 0;
        WriteOne(writer, filter, ref at, 0);
        if (at != filter.Length)
            throw Wrong(filter, at, "its end");
    }

    /// <summary>Why a text is no filter; null when it is one.</summary>
    public static string? Refusal(string filter)
    {
        try
        {
            Write(new AsnWriter(AsnEncodingRules.BER), filter);
            return null;
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }

    private static void WriteOne(AsnWriter writer, string text, ref int at, int depth)
    {
        if (depth > MaxDepth)
            throw new FormatException($"a filter is at most {MaxDepth} deep");
        Expect(text, ref at, '(');
        switch (at < text.Length ? text[at] : '\0')
        {
            case '&' or '|':
                var tag = Tag(text[at++] == '&' ? 0 : 1, isConstructed: true);
                using (writer.PushSetOf(tag))
                {
                    while (at < text.Length && text[at] == '(')
                        WriteOne(writer, text, ref at, depth + 1);
                }

                break;
            case '!':
                at++;
                using (writer.PushSequence(Tag(2, isConstructed: true)))
                    WriteOne(writer, text, ref at, depth + 1);
                break;
            default:
                WriteItem(writer, text, ref at);
                break;
        }

        Expect(text, ref at, ')');
    }

    private static void WriteItem(AsnWriter writer, string text, ref int at)
    {
        var end = text.IndexOfAny(['=', ')', '('], at);
        if (end <= at || text[end] != '=')
            throw Wrong(text, at, "ATTRIBUTE=VALUE");
        var close = text.IndexOf(')', end);
        if (close < 0)
            throw Wrong(text, text.Length, "')'");
        var (left, value) = (text[at..end], text[(end + 1)..close]);
        at = close;
        switch (left[^1])
        {
            case '>':
                WritePair(writer, Tag(5, true), left[..^1], value);
                break;
            case '<':
                WritePair(writer, Tag(6, true), left[..^1], value);
                break;
            case '~':
                WritePair(writer, Tag(8, true), left[..^1], value);
                break;
            case ':':
                WriteExtensible(writer, left[..^1], value);
                break;
            default:
                WriteEqualOrSubstring(writer, left, value);
                break;
        }
    }

    private static void WriteEqualOrSubstring(AsnWriter writer, string attribute, string value)
    {
        if (value == "*")
        {
            writer.WriteOctetString(Attribute(attribute), Tag(7));
            return;
        }

        var parts = value.Split('*');
        if (parts.Length == 1)
        {
            WritePair(writer, Tag(3, true), attribute, value);
            return;
        }

        using (writer.PushSequence(Tag(4, true)))
        {
            writer.WriteOctetString(Attribute(attribute));
            using (writer.PushSequence())
            {
                for (var i = 0; i < parts.Length; i++)
                {
                    if (parts[i].Length > 0)
                        writer.WriteOctetString(Value(parts[i]), Tag(i == 0 ? 0 : i == parts.Length - 1 ? 2 : 1));
                }
            }
        }
    }

    private static void WritePair(AsnWriter writer, Asn1Tag tag, string attribute, string value)
    {
        using (writer.PushSequence(tag))
        {
            writer.WriteOctetString(Attribute(attribute));
            writer.WriteOctetString(Value(value));
        }
    }

    // attr [":dn"] [":" rule] ":=" value; what stood before the last colon is here.
    private static void WriteExtensible(AsnWriter writer, string left, string value)
    {
        var parts = left.Split(':');
        var isDn = parts.Length > 1 && parts[1].Equals("dn", StringComparison.OrdinalIgnoreCase);
        var rule = parts.Length > (isDn ? 2 : 1) ? parts[isDn ? 2 : 1] : "";
        if (parts[0].Length + rule.Length == 0)
            throw new FormatException("an extensible match names an attribute or a rule before ':='");
        using (writer.PushSequence(Tag(9, true)))
        {
            if (rule.Length > 0)
                writer.WriteOctetString(Attribute(rule), Tag(1));
            if (parts[0].Length > 0)
                writer.WriteOctetString(Attribute(parts[0]), Tag(2));
            writer.WriteOctetString(Value(value), Tag(3));
            if (isDn)
                writer.WriteBoolean(true, Tag(4));
        }
    }

    private static byte[] Attribute(string name) => name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or ';' or '_')
        ? Encoding.ASCII.GetBytes(name)
        : throw new FormatException($"'{name}' is no attribute");

    private static byte[] Value(string text)
    {
        var bytes = new List<byte>(text.Length);
        var from = 0;
        for (var at = text.IndexOf('\\'); at >= 0; at = text.IndexOf('\\', from))
        {
            bytes.AddRange(Encoding.UTF8.GetBytes(text[from..at]));
            if (at + 2 >= text.Length || !char.IsAsciiHexDigit(text[at + 1]) || !char.IsAsciiHexDigit(text[at + 2]))
                throw new FormatException("a backslash stands before two hexadecimal digits");
            bytes.AddRange(Convert.FromHexString(text.AsSpan(at + 1, 2)));
            from = at + 3;
        }

        bytes.AddRange(Encoding.UTF8.GetBytes(text[from..]));
        return [.. bytes];
    }

    private static void Expect(string text, ref int at, char c)
    {
        if (at >= text.Length || text[at] != c)
            throw Wrong(text, at, $"'{c}'");
        at++;
    }

    private static FormatException Wrong(string text, int at, string wanted) => new($"'{text}' is no filter: {wanted} is expected at character {at + 1}");

    private static Asn1Tag Tag(int number, bool isConstructed = false) => new(TagClass.ContextSpecific, number, isConstructed);
}
