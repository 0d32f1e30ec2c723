using System.Globalization;
using System.Text;
using Adit.Content.Trees;

namespace Adit.Hub.S3;

/// <summary>What a request is about: bucket, key and parameters, each decoded from the bytes that were sent.</summary>
internal sealed class S3Target
{
    /// <summary>Most bytes of a key, as S3 has it.</summary>
    public const int LongestKey = 1024;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private S3Target(string path, string canonicalPath, IReadOnlyList<(string Name, string Value)> query) => (Path, CanonicalPath, Query) = (path, canonicalPath, query);

    /// <summary>The path, decoded.</summary>
    public string Path { get; }

    /// <summary>The path as it is signed.</summary>
    public string CanonicalPath { get; }

    /// <summary>Parameters in the order in which they came.</summary>
    public IReadOnlyList<(string Name, string Value)> Query { get; }

    /// <summary>The project; empty for none.</summary>
    public string Bucket { get; private set; } = "";

    /// <summary>The key; empty for none.</summary>
    public string Key { get; private set; } = "";

    /// <summary>Reads an origin-form target.</summary>
    /// <exception cref="S3Refusal">It is not encoded as addresses are.</exception>
    public static S3Target Parse(string target, string hostBucket)
    {
        var mark = target.IndexOf('?', StringComparison.Ordinal);
        var path = Decode(mark < 0 ? target : target[..mark], isQuery: false);
        var query = new List<(string, string)>();
        foreach (var pair in (mark < 0 ? "" : target[(mark + 1)..]).Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            query.Add((Decode(equals < 0 ? pair : pair[..equals], isQuery: true), equals < 0 ? "" : Decode(pair[(equals + 1)..], isQuery: true)));
        }

        var parsed = new S3Target(path, Encode(path, keepSlash: true), query);
        var rest = hostBucket.Length > 0 ? hostBucket + path : path[Math.Min(1, path.Length)..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        (parsed.Bucket, parsed.Key) = slash < 0 ? (rest, "") : (rest[..slash], rest[(slash + 1)..]);
        return Encoding.UTF8.GetByteCount(parsed.Key) <= LongestKey
            ? parsed
            : throw new S3Refusal(400, "KeyTooLongError", $"A key has at most {LongestKey} bytes.");
    }

    /// <summary>A parameter's value; null when there is none of the name.</summary>
    public string? Find(string name)
    {
        foreach (var (known, value) in Query)
        {
            if (known == name)
                return value;
        }

        return null;
    }

    /// <summary>Whether there is a parameter of the name.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>A parameter's value as a number within bounds.</summary>
    /// <exception cref="S3Refusal">It is none.</exception>
    public int Number(string name, int least, int most, int otherwise) => Find(name) is not { Length: > 0 } text ? otherwise
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least ? Math.Min(number, most)
        : throw S3Refusal.Invalid($"'{name}' is a number from {least} on.");

    /// <summary>Encodes as AWS Signature Version 4 does: all but A-Z, a-z, 0-9, '-', '.', '_' and '~' as %XY.</summary>
    public static string Encode(string text, bool keepSlash)
    {
        var encoded = new StringBuilder(text.Length + 16);
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            if (char.IsAsciiLetterOrDigit((char)b) || b is (byte)'-' or (byte)'.' or (byte)'_' or (byte)'~' || (keepSlash && b == '/'))
                encoded.Append((char)b);
            else
                encoded.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
        }

        return encoded.ToString();
    }

    /// <summary>The volume that a key or a prefix names, with a snapshot after '@' for history, and the path within.</summary>
    public static (string Volume, string? Snapshot, string Path) Split(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        var (volume, rest) = slash < 0 ? (key, "") : (key[..slash], key[(slash + 1)..]);
        var at = volume.IndexOf('@', StringComparison.Ordinal);
        return at < 0 ? (volume, null, rest) : (volume[..at], volume[(at + 1)..], rest);
    }

    /// <summary>A path within a volume as bytes; null when none of its names can be in a directory.</summary>
    public static byte[]? PathOf(string rest)
    {
        if (rest.Length == 0)
            return null;
        var bytes = Encoding.UTF8.GetBytes(rest);
        foreach (var name in Volumes.Staging.StagedChange.NamesOf(bytes))
        {
            if (!TreeEntry.IsName(name))
                return null;
        }

        return bytes;
    }

    /// <exception cref="S3Refusal">It is not encoded as addresses are, or is not UTF-8.</exception>
    public static string Decode(string text, bool isQuery)
    {
        if (!text.Contains('%', StringComparison.Ordinal) && !(isQuery && text.Contains('+', StringComparison.Ordinal)) && System.Text.Ascii.IsValid(text))
            return text;
        var bytes = new byte[text.Length];
        var count = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%')
            {
                if (i + 2 >= text.Length || !byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes[count++]))
                    throw new S3Refusal(400, "InvalidURI", "The address is not encoded as addresses are.");
                i += 2;
            }
            else
            {
                bytes[count++] = isQuery && text[i] == '+' ? (byte)' ' : text[i] < 256 ? (byte)text[i] : throw new S3Refusal(400, "InvalidURI", "The address is not encoded as addresses are.");
            }
        }

        try
        {
            return Strict.GetString(bytes, 0, count);
        }
        catch (DecoderFallbackException)
        {
            throw new S3Refusal(400, "InvalidURI", "The address is not text in UTF-8.");
        }
    }
}
