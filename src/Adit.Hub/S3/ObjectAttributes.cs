using System.Globalization;
using System.Text;
using Adit.Content;
using Adit.Content.Chunks;
using Adit.Content.Trees;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.S3;

/// <summary>
/// What S3 keeps of an object beside its bytes, as extended attributes of its entry: <c>user.s3.etag</c> (the ETag, a space, and the id of the content that it is of),
/// <c>user.s3.HEADER</c>, and <c>user.s3.meta.NAME</c>.
/// </summary>
internal static class ObjectAttributes
{
    /// <summary>Most bytes of names and values of a user's metadata, as S3 has it.</summary>
    public const int MostMetadata = 2048;

    /// <summary>The type of what nobody gave one.</summary>
    public const string DefaultType = "binary/octet-stream";

    private const string Prefix = "user.s3.";
    private const string ETagName = Prefix + "etag";
    private const string MetaPrefix = Prefix + "meta.";
    private const string MetaHeader = "x-amz-meta-";

    private static readonly string[] KeptHeaders = ["cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires"];

    /// <summary>
    /// An entry's ETag in quotes. That of a file whose bytes S3 has not seen, or that were changed since, is its content's id with <c>-1</c> after it: no client takes that for an MD5.
    /// </summary>
    public static string ETagOf(TreeEntry entry)
    {
        var content = ContentOf(entry);
        return Find(entry, ETagName) is { } said && said.IndexOf(' ', StringComparison.Ordinal) is > 0 and var space && said.AsSpan(space + 1).SequenceEqual(content)
            ? $"\"{said[..space]}\""
            : $"\"{content}-1\"";
    }

    /// <summary>The entry with its ETag, and with what a request says of it.</summary>
    /// <param name="entry">The content.</param>
    /// <param name="etag">Without quotes.</param>
    /// <param name="headers">Where type and metadata are said.</param>
    /// <param name="modified">When it was put.</param>
    /// <exception cref="S3Refusal">The metadata is too large.</exception>
    public static TreeEntry Describe(TreeEntry entry, string etag, IHeaderDictionary headers, DateTimeOffset modified)
    {
        var attributes = new List<(string Name, string Value)> { (ETagName, $"{etag} {ContentOf(entry)}") };
        foreach (var name in KeptHeaders)
        {
            if (Kept(name, headers[name].ToString()) is { Length: > 0 } value)
                attributes.Add((Prefix + name, value));
        }

        var size = 0;
        foreach (var header in headers)
        {
            if (!header.Key.StartsWith(MetaHeader, StringComparison.OrdinalIgnoreCase))
                continue;
            var (name, value) = (header.Key[MetaHeader.Length..].ToLowerInvariant(), header.Value.ToString());
            size += name.Length + value.Length;
            if (size > MostMetadata || name.Length is 0 or > 200)
                throw new S3Refusal(400, "MetadataTooLarge", $"The metadata of an object has at most {MostMetadata} bytes, names and values.");
            attributes.Add((MetaPrefix + name, value));
        }

        if (attributes.Sum(static a => a.Value.Length) > 4 * MostMetadata)
            throw new S3Refusal(400, "MetadataTooLarge", "What is said of the object is too long.");
        return With(entry, attributes.Select(static a => Attribute(a.Name, a.Value))) with { Modified = FileTime.From(modified) };
    }

    /// <summary>The content of one entry with what is said of another, as far as there is room beside the ETag.</summary>
    /// <exception cref="S3Refusal">What is said is too much for an entry.</exception>
    public static TreeEntry Like(TreeEntry entry, TreeEntry other, string etag, DateTimeOffset modified) => With(entry, other.Attributes
        .Where(static a => a.Name.AsSpan().StartsWith("user.s3."u8) && !a.Name.AsSpan().SequenceEqual("user.s3.etag"u8)).Take(TreeEntry.MaxAttributes - 1)
        .Append(Attribute(ETagName, $"{etag} {ContentOf(entry)}"))) with { Modified = FileTime.From(modified) };

    /// <summary>The headers of an answer about an object.</summary>
    public static void Write(HttpResponse response, TreeEntry entry)
    {
        var headers = response.Headers;
        headers.ETag = ETagOf(entry);
        headers.LastModified = entry.Modified.ToDateTimeOffset().ToString("R", CultureInfo.InvariantCulture);
        headers.AcceptRanges = "bytes";
        // What users put here is never a page that may do anything: a browser shows it and no more.
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        headers.ContentType = DefaultType;
        foreach (var attribute in entry.Attributes)
        {
            var name = Encoding.UTF8.GetString(attribute.Name);
            if (!name.StartsWith(Prefix, StringComparison.Ordinal) || name == ETagName || !IsValue(attribute.Value))
                continue;
            var value = Encoding.Latin1.GetString(attribute.Value);
            if (name.StartsWith(MetaPrefix, StringComparison.Ordinal) && IsToken(name.AsSpan(MetaPrefix.Length)))
                headers[MetaHeader + name[MetaPrefix.Length..]] = value;
            else if (KeptHeaders.Contains(name[Prefix.Length..]))
                headers[name[Prefix.Length..]] = value;
        }
    }

    private static string ContentOf(TreeEntry entry) => (entry.Form == FileForm.Inline ? ChunkId.Of(entry.Inline) : entry.Content).ToString();

    private static string? Find(TreeEntry entry, string name)
    {
        foreach (var attribute in entry.Attributes)
        {
            if (attribute.Name.Length == name.Length && Ascii.Equals(attribute.Name, name))
                return IsValue(attribute.Value) ? Encoding.Latin1.GetString(attribute.Value) : null;
        }

        return null;
    }

    // The coding of a body that is sent in signed chunks is of the wire and not of the object.
    private static string Kept(string name, string value) => name != "content-encoding" ? value
        : string.Join(", ", value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(static c => c != "aws-chunked"));

    private static ExtendedAttribute Attribute(string name, string value) => new(Encoding.UTF8.GetBytes(name), Encoding.Latin1.GetBytes(value));

    // What is stored is read again before every snapshot and collection: an entry that cannot be read is not made.
    private static TreeEntry With(TreeEntry entry, IEnumerable<ExtendedAttribute> attributes)
    {
        var made = entry with { Attributes = [.. attributes.OrderBy(static a => a.Name, Comparer<byte[]>.Create(static (x, y) => x.AsSpan().SequenceCompareTo(y)))] };
        try
        {
            TreeEntry.Parse((made with { Name = "-"u8.ToArray() }).ToBytes());
        }
        catch (DamagedContentException e)
        {
            throw S3Refusal.Invalid($"What is said of the object cannot be kept: {e.Message} Say less of it, or copy with 'x-amz-metadata-directive: REPLACE'.");
        }

        return made;
    }

    // Attributes come from pushed directories too, where anybody writes anything.
    private static bool IsValue(byte[] value) => !value.AsSpan().ContainsAnyInRange((byte)0, (byte)31) && !value.AsSpan().Contains((byte)127);

    private static bool IsToken(ReadOnlySpan<char> name)
    {
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && !"!#$%&'*+-.^_`|~".Contains(c))
                return false;
        }

        return name.Length > 0;
    }
}
