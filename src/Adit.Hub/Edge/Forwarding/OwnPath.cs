namespace Adit.Hub.Edge.Forwarding;

/// <summary>
/// The paths that the gate keeps for itself on every route's host, below <c>/_adit/</c>. What follows there may be a credential (a grant's
/// secret, a code): it is for the gate, and neither logged nor shown to whoever looks at a tunnel's requests.
/// </summary>
internal static class OwnPath
{
    private const string Prefix = "/_adit/";

    /// <summary>A target as it may be seen: of the gate's own paths only which one it is, of others all.</summary>
    public static string Shown(string target)
    {
        // A target in absolute form (RFC 9112 3.2.2) leads to the same paths.
        var path = target.StartsWith('/') ? target : RequestTarget.OriginForm(target);
        if (!path.StartsWith(Prefix, StringComparison.Ordinal))
            return target;
        var end = path.AsSpan(Prefix.Length).IndexOfAny('/', '?');
        return end < 0 ? path : path[..(Prefix.Length + end)] + (path[Prefix.Length + end] == '/' ? "/…" : "?…");
    }
}
