using System.Buffers;
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

    /// <summary>Says who a visitor is. Only the hub may say that.</summary>
    Identity,

    /// <summary>Sets a cookie, of an answer.</summary>
    SetCookie,

    /// <summary>Has the browser forget things, of an answer.</summary>
    ClearSiteData,

    /// <summary>Has the browser use TLS, of an answer.</summary>
    StrictTransport,

    /// <summary>Says what a page may do and who may frame it, of an answer.</summary>
    ContentPolicy,

    /// <summary>Says who may frame a page, of an answer.</summary>
    FrameOptions,
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
        ["X-Original-URL"] = HeaderRole.Forwarding, // Frameworks that take these for the path would have passed another one by the rules.
        ["X-Rewrite-URL"] = HeaderRole.Forwarding,
        ["X-Original-URI"] = HeaderRole.Forwarding,
        ["X-Original-Method"] = HeaderRole.Forwarding,
        ["X-Forwarded-Uri"] = HeaderRole.Forwarding,
        ["X-Forwarded-Method"] = HeaderRole.Forwarding,
        ["X-Forwarded-User"] = HeaderRole.Identity,
        ["X-Forwarded-Email"] = HeaderRole.Identity,
        ["X-Forwarded-Groups"] = HeaderRole.Identity,
        ["X-Forwarded-Preferred-Username"] = HeaderRole.Identity,
        ["X-Forwarded-Access-Token"] = HeaderRole.Identity,
        ["X-Remote-User"] = HeaderRole.Identity,
        ["X-WebAuth-User"] = HeaderRole.Identity,
        ["X-HTTP-Method-Override"] = HeaderRole.EndToEnd, // As they are spelled here the gate has looked at them (MethodOverrides).
        ["X-HTTP-Method"] = HeaderRole.EndToEnd,
        ["X-Method-Override"] = HeaderRole.EndToEnd,
        [HeaderNames.SetCookie] = HeaderRole.SetCookie,
        ["Clear-Site-Data"] = HeaderRole.ClearSiteData,
        [HeaderNames.StrictTransportSecurity] = HeaderRole.StrictTransport,
        [HeaderNames.ContentSecurityPolicy] = HeaderRole.ContentPolicy,
        [HeaderNames.XFrameOptions] = HeaderRole.FrameOptions,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<string, HeaderRole>.AlternateLookup<ReadOnlySpan<char>> BySpan =
        Roles.GetAlternateLookup<ReadOnlySpan<char>>();

    // Everything that begins so is said by gates of one kind or another.
    private static readonly string[] IdentityPrefixes = ["X-Adit-", "X-Auth-Request-", "X-SP-", "Remote-", "Cf-Access-"];

    private static readonly SearchValues<char> Usual = SearchValues.Create("-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");

    /// <summary>The role of a field.</summary>
    public static HeaderRole Of(string name)
    {
        if (Roles.TryGetValue(name, out var role))
            return role;
        return name.AsSpan().ContainsAnyExcept(Usual) ? OfFolded(name) : OfPrefix(name);
    }

    /// <summary>
    /// Whether a trailer may be passed on: nothing that frames, routes, authenticates or controls (RFC 9110 section 6.5.1).
    /// </summary>
    public static bool MayBeTrailer(string name) => Of(name) == HeaderRole.EndToEnd;

    private static HeaderRole OfPrefix(ReadOnlySpan<char> name)
    {
        if (name.Length < 5 || (name[0] | 0x20) is not ('x' or 'r' or 'c'))
            return HeaderRole.EndToEnd;
        foreach (var prefix in IdentityPrefixes)
        {
            if (name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                return HeaderRole.Identity;
        }

        return HeaderRole.EndToEnd;
    }

    // Many servers (WSGI, CGI, PHP) see no difference between X_Forwarded_For and X-Forwarded-For, some none between any two characters
    // that are no letters. What the hub alone may say, or what frames a message, must not come in by another spelling.
    private static HeaderRole OfFolded(string name)
    {
        if (name.Length > 128)
            return HeaderRole.HopByHop;
        Span<char> dashed = stackalloc char[name.Length];
        for (var i = 0; i < name.Length; i++)
            dashed[i] = char.IsAsciiLetterOrDigit(name[i]) ? name[i] : '-';
        return BySpan.TryGetValue(dashed, out _) || OfPrefix(dashed) != HeaderRole.EndToEnd ? HeaderRole.HopByHop : HeaderRole.EndToEnd;
    }
}
