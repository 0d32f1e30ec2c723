using System.Text;

namespace Adit.Hub.Edge.Gate;

/// <summary>The fields by which an application learns who a visitor is. What a visitor sends under these names never reaches it.</summary>
internal static class Identity
{
    /// <summary>The signed statement.</summary>
    public const string AssertionField = "X-Adit-Assertion";

    /// <summary>What a customer's server said of a visitor in a frame (<see cref="EmbedSignature"/>).</summary>
    public const string VisitorField = "X-Adit-Visitor";

    /// <summary>The fields for a visitor; none for one who is not known by an account.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Of(DoorPass pass, string host, Assertions? assertions)
    {
        if (pass.Person is not { } person)
            yield break;
        yield return new("X-Forwarded-User", Plain(person.Account));
        if (person.Email is { } email)
            yield return new("X-Forwarded-Email", Plain(email));
        if (person.Groups.Count > 0)
            yield return new("X-Forwarded-Groups", string.Join(',', person.Groups.Order(StringComparer.Ordinal).Select(Plain)));
        if (assertions is not null)
            yield return new(AssertionField, assertions.Of(host, pass.Key, person));
    }

    /// <summary>Names are of any kind. What would not be one item of a list of plain text is percent-encoded (UTF-8).</summary>
    public static string Plain(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange('!', '~') && !text.AsSpan().ContainsAny(',', '%'))
            return text;
        var plain = new StringBuilder(text.Length + 16);
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            if (b is > 0x20 and < 0x7F and not ((byte)',' or (byte)'%'))
                plain.Append((char)b);
            else
                plain.Append(System.Globalization.CultureInfo.InvariantCulture, $"%{b:X2}");
        }

        return plain.ToString();
    }
}
