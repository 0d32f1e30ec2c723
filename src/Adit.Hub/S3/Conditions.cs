using System.Globalization;
using Adit.Content.Trees;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.S3;

/// <summary>What a request makes itself depend on: RFC 9110 section 13.</summary>
internal static class Conditions
{
    /// <summary>For a read: 200 to go on, 304, or 412.</summary>
    public static int ForRead(IHeaderDictionary headers, string prefix, TreeEntry entry)
    {
        var etag = ObjectAttributes.ETagOf(entry);
        var modified = DateTimeOffset.FromUnixTimeSeconds(entry.Modified.ToDateTimeOffset().ToUnixTimeSeconds());
        var (match, noneMatch) = (headers[prefix + "if-match"].ToString(), headers[prefix + "if-none-match"].ToString());
        if (match.Length > 0 ? !Fits(match, etag) : Time(headers[prefix + "if-unmodified-since"].ToString()) is { } unmodified && modified > unmodified)
            return StatusCodes.Status412PreconditionFailed;
        if (noneMatch.Length > 0 ? Fits(noneMatch, etag) : Time(headers[prefix + "if-modified-since"].ToString()) is { } since && modified <= since)
            return StatusCodes.Status304NotModified;
        return StatusCodes.Status200OK;
    }

    /// <summary>For a write: throws when what is there is not what the request says.</summary>
    /// <exception cref="S3Refusal">It is not.</exception>
    public static void ForWrite(IHeaderDictionary headers, LayeredItem there)
    {
        var (match, noneMatch) = (headers.IfMatch.ToString(), headers.IfNoneMatch.ToString());
        var etag = there.Entry is { Type: EntryType.File } file ? ObjectAttributes.ETagOf(file) : null;
        if (match.Length > 0 && etag is null)
            throw S3Refusal.NoSuchKey();
        if ((match.Length > 0 && !Fits(match, etag!)) || (noneMatch.Length > 0 && etag is not null && Fits(noneMatch, etag)))
            throw S3Refusal.PreconditionFailed();
    }

    private static bool Fits(string field, string etag)
    {
        foreach (var said in field.Split(',', StringSplitOptions.TrimEntries))
        {
            if (said == "*" || said.Trim('"') == etag.Trim('"'))
                return true;
        }

        return false;
    }

    private static DateTimeOffset? Time(string text) =>
        DateTimeOffset.TryParseExact(text, "R", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
