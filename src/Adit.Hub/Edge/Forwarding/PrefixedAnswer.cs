namespace Adit.Hub.Edge.Forwarding;

/// <summary>
/// What an application of path mode (<see cref="PathRoutes"/>) says of its host's root is put below its prefix: where it sends its visitor,
/// and for which paths its cookies are. What would reach the applications beside it goes.
/// </summary>
internal static class PrefixedAnswer
{
    /// <summary>What of a field goes on to the visitor; null for nothing. The visit has a prefix.</summary>
    public static string? Passed(Visit visit, string name, string value)
    {
        if (name.Equals("Location", StringComparison.OrdinalIgnoreCase) || name.Equals("Content-Location", StringComparison.OrdinalIgnoreCase))
            return Address(visit, value);
        if (name.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase))
            return Cookie(visit.Prefix, value);

        // These are for a whole origin, and the origin is not this application's alone.
        return name.Equals("Service-Worker-Allowed", StringComparison.OrdinalIgnoreCase) || name.Equals("Clear-Site-Data", StringComparison.OrdinalIgnoreCase)
            ? null
            : value;
    }

    // RFC 3986 section 4.2: "/x" is of this host, "//x" of another. A whole address of this host is one that was made of the Host field.
    private static string Address(Visit visit, string value)
    {
        if (value.StartsWith('/'))
            return value.StartsWith("//", StringComparison.Ordinal) ? value : Below(visit.Prefix, value);
        if (!Uri.TryCreate(value, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")
            || !uri.Authority.Equals(visit.Authority, StringComparison.OrdinalIgnoreCase))
            return value;
        var start = value.IndexOf("://", StringComparison.Ordinal) + 3;
        var path = value.AsSpan(start).IndexOfAny('/', '?', '#');
        var (root, rest) = path < 0 ? (value, "/") : (value[..(start + path)], value[(start + path)..]);
        return root + Below(visit.Prefix, rest.StartsWith('/') ? rest : "/" + rest);
    }

    private static string Cookie(string prefix, string value)
    {
        if (!value.Contains("path", StringComparison.OrdinalIgnoreCase))
            return value; // For the directory of what was asked for, which is below the prefix.
        var parts = value.Split(';');
        for (var i = 1; i < parts.Length; i++)
        {
            var equals = parts[i].IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 || !parts[i].AsSpan(0, equals).Trim().Equals("Path", StringComparison.OrdinalIgnoreCase))
                continue;
            var path = parts[i][(equals + 1)..].Trim();
            if (path.StartsWith('/'))
                parts[i] = " Path=" + Below(prefix, path);
        }

        return string.Join(';', parts);
    }

    // Applications that read X-Forwarded-Prefix have put it there already.
    private static string Below(string prefix, string path) =>
        path.StartsWith(prefix, StringComparison.Ordinal) && (path.Length == prefix.Length || path[prefix.Length] is '/' or '?' or '#') ? path : prefix + path;
}
