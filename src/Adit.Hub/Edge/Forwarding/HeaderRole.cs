using System.Collections.Frozen;
using Microsoft.Net.Http.Headers;

namespace Adit.Hub.Edge.Forwarding;

/// <summary>What the forwarder does with a header field.</summary>
internal enum HeaderRole : byte
{
    /// <summary>Passes it on.</summary>
    EndToEnd,

    /// <summary>Means one connection only (RFC 9110 section 7.6.1) and is not passed on.</summary>
    HopByHop,

    /// <summary>Names further fields of this connection.</summary>
    Connection,

    /// <summary>Frames the body; written anew.</summary>
    ContentLength,

    /// <summary>Frames the body; written anew.</summary>
    TransferEncoding,

    /// <summary>Switches the protocol; passed on only when both sides mean it.</summary>
    Upgrade,

    /// <summary>Written first, as the route says.</summary>
    Host,

    /// <summary>Says where a request came from. Only the hub, or a proxy it trusts, may say that.</summary>
    Forwarding,

    /// <summary>Written by the hub.</summary>
    RequestId,

    /// <summary>Asks before sending a body.</summary>
    Expect,

    /// <summary>Only the value <c>trailers</c> is passed on.</summary>
    Te,

    /// <summary>May hold the ticket of the hub's own door.</summary>
    Cookie,

    /// <summary>May hold what opened the hub's own door.</summary>
    Authorization,
}

/// <summary>The roles by name.</summary>
internal static class HeaderRoles
{
    private static readonly FrozenDictionary<string, HeaderRole> Roles = new Dictionary<string, HeaderRole>
    {
        [HeaderNames.Connection] = HeaderRole.Connection,
        [HeaderNames.KeepAlive] = HeaderRole.HopByHop,
        [HeaderNames.ProxyConnection] = HeaderRole.HopByHop,
        [HeaderNames.ProxyAuthenticate] = HeaderRole.HopByHop,
        [HeaderNames.ProxyAuthorization] = HeaderRole.HopByHop,
        ["Proxy-Authentication-Info"] = HeaderRole.HopByHop,
        ["Proxy"] = HeaderRole.HopByHop, // CGI programs would take it for HTTP_PROXY.
        ["HTTP2-Settings"] = HeaderRole.HopByHop,
        [HeaderNames.Trailer] = HeaderRole.HopByHop,
        [HeaderNames.TE] = HeaderRole.Te,
        [HeaderNames.TransferEncoding] = HeaderRole.TransferEncoding,
        [HeaderNames.ContentLength] = HeaderRole.ContentLength,
        [HeaderNames.Upgrade] = HeaderRole.Upgrade,
        [HeaderNames.Host] = HeaderRole.Host,
        [HeaderNames.Expect] = HeaderRole.Expect,
        [HeaderNames.Cookie] = HeaderRole.Cookie,
        [HeaderNames.Authorization] = HeaderRole.Authorization,
        ["X-Forwarded-For"] = HeaderRole.Forwarding,
        ["X-Forwarded-Proto"] = HeaderRole.Forwarding,
        ["X-Forwarded-Host"] = HeaderRole.Forwarding,
        ["X-Forwarded-Port"] = HeaderRole.Forwarding,
        ["X-Forwarded-Server"] = HeaderRole.Forwarding,
        ["X-Forwarded-Prefix"] = HeaderRole.Forwarding,
        ["X-Forwarded-Scheme"] = HeaderRole.Forwarding,
        ["X-Forwarded-Ssl"] = HeaderRole.Forwarding,
        ["X-Real-IP"] = HeaderRole.Forwarding,
        ["Forwarded"] = HeaderRole.Forwarding,
        ["X-Request-Id"] = HeaderRole.RequestId,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<string, HeaderRole>.AlternateLookup<ReadOnlySpan<char>> BySpan =
        Roles.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The role of a field.</summary>
    public static HeaderRole Of(string name)
    {
        if (Roles.TryGetValue(name, out var role))
            return role;
        return name.Contains('_') ? OfUnderscored(name) : HeaderRole.EndToEnd;
    }

    /// <summary>
    /// Whether a trailer may be passed on: nothing that frames, routes, authenticates or controls (RFC 9110 section 6.5.1).
    /// </summary>
    public static bool MayBeTrailer(string name) => Of(name) == HeaderRole.EndToEnd;

    // Many servers (WSGI, CGI, PHP) see no difference between X_Forwarded_For and X-Forwarded-For. What the hub alone may say, or what
    // frames a message, must not come in by that spelling.
    private static HeaderRole OfUnderscored(string name)
    {
        if (name.Length > 32)
            return HeaderRole.EndToEnd;
        Span<char> dashed = stackalloc char[name.Length];
        name.AsSpan().Replace(dashed, '_', '-');
        return BySpan.TryGetValue(dashed, out _) ? HeaderRole.HopByHop : HeaderRole.EndToEnd;
    }
}
