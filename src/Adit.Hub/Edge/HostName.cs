using System.Net;

namespace Adit.Hub.Edge;

/// <summary>Reading of authorities (RFC 3986 section 3.2) without allocation.</summary>
internal static class HostName
{
    /// <summary>
    /// The host of an authority: without port, without the root's trailing dot, without the brackets of an IPv6 literal.
    /// Empty when there is none.
    /// </summary>
    public static ReadOnlySpan<char> Of(ReadOnlySpan<char> authority)
    {
        if (authority.StartsWith('['))
        {
            var close = authority.IndexOf(']');
            return close < 0 ? default : authority[1..close];
        }

        var colon = authority.IndexOf(':');
        if (colon >= 0)
            authority = authority[..colon];
        return authority.EndsWith('.') ? authority[..^1] : authority;
    }

    /// <summary>The port of an authority; null when it names none.</summary>
    public static int? PortOf(ReadOnlySpan<char> authority)
    {
        var colon = authority.LastIndexOf(':');
        return colon >= 0 && colon > authority.LastIndexOf(']') && ushort.TryParse(authority[(colon + 1)..], out var port) ? port : null;
    }

    /// <summary>Whether the host is an address literal and not a name.</summary>
    public static bool IsAddress(ReadOnlySpan<char> host) =>
        host.Length > 0 && (char.IsAsciiDigit(host[0]) || host.Contains(':')) && IPAddress.TryParse(host, out _);
}
