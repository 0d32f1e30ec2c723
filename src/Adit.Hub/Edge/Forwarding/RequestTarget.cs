namespace Adit.Hub.Edge.Forwarding;

/// <summary>The target of a request line, RFC 9112 section 3.2: what is judged at the door and what is sent on are one reading of it.</summary>
internal static class RequestTarget
{
    /// <summary>
    /// Path and query byte for byte as they were sent: an absolute form (<c>http://host/path?query</c>, <c>http://host?query</c>) loses
    /// its scheme and authority, and has <c>/</c> for a path that is not there. Any other form stays as it is.
    /// </summary>
    public static string OriginForm(string target)
    {
        if (target.StartsWith('/') || target.IndexOf("://", StringComparison.Ordinal) is not (> 0 and var scheme))
            return target;
        var end = target.AsSpan(scheme + 3).IndexOfAny('/', '?', '#');
        if (end < 0)
            return "/";
        var rest = target[(scheme + 3 + end)..];
        return rest[0] == '/' ? rest : "/" + rest;
    }
}
