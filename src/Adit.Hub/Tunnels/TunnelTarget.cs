using Adit.Api;
using Adit.Hub.Edge;
using Adit.Link;

namespace Adit.Hub.Tunnels;

/// <summary>
/// Where a client connects the streams of a tunnel, as people write it: <c>http://HOST:PORT</c>, <c>https://HOST:PORT</c>,
/// <c>h2c://HOST:PORT</c>, <c>unix:PATH</c> for http; <c>HOST:PORT</c>, <c>tls://HOST:PORT</c> for tcp and tls.
/// </summary>
internal sealed record TunnelTarget(string Link, string Authority, UpstreamProtocol Protocol, bool IsTls)
{
    /// <summary>How the target of a task's port begins: <c>task:ID/PORT</c>, which only the task's runner knows the way to. Nobody may ask for it.</summary>
    public const string TaskScheme = "task:";

    /// <summary>Whether it is a task's port.</summary>
    public bool IsTask => Link.StartsWith(TaskScheme, StringComparison.Ordinal);

    // A target of https speaks HTTP/1.1 with us and is told so; what a tcp or tls tunnel speaks is its visitors' business.
    private bool IsHttps { get; init; }

    /// <summary>Reads a target; null when it is none that this kind of tunnel can have.</summary>
    public static TunnelTarget? Parse(string text, TunnelKind kind)
    {
        if (text.Length is 0 or > 1000)
            return null;
        if (text.StartsWith(TaskScheme, StringComparison.Ordinal))
            return text.Length > TaskScheme.Length ? new TunnelTarget(text, "localhost", UpstreamProtocol.Http1, false) : null;
        if (text.StartsWith("unix:", StringComparison.Ordinal))
            return text.Length > 6 && text[5] == '/' ? new TunnelTarget(text, "localhost", UpstreamProtocol.Http1, false) : null;
        var scheme = text.IndexOf("://", StringComparison.Ordinal) is > 0 and var at ? text[..at] : "";
        var rest = scheme.Length > 0 ? text[(scheme.Length + 3)..].TrimEnd('/') : text;
        if (HostAndPort(rest, scheme is "http" or "h2c" ? 80 : scheme == "https" ? 443 : null) is not { } authority)
            return null;
        return (scheme, kind) switch
        {
            ("http" or "", TunnelKind.Http) => new TunnelTarget("tcp:" + authority, authority, UpstreamProtocol.Http1, false),
            ("https", TunnelKind.Http) => new TunnelTarget("tls:" + authority, authority, UpstreamProtocol.Http1, true) { IsHttps = true },
            ("h2c", TunnelKind.Http) => new TunnelTarget("tcp:" + authority, authority, UpstreamProtocol.Http2, false),
            ("" or "tcp", not TunnelKind.Http) => new TunnelTarget("tcp:" + authority, authority, UpstreamProtocol.Http1, false),
            ("tls", not TunnelKind.Http) => new TunnelTarget("tls:" + authority, authority, UpstreamProtocol.Http1, true),
            _ => null,
        };
    }

    /// <summary>The request that opens a stream to it.</summary>
    public OpenRequest Request(string? from, TunnelOptions? options) => new()
    {
        Target = Link,
        From = from,
        Insecure = IsTls && options?.InsecureUpstream == true,
        ServerName = IsTls ? options?.UpstreamServerName : null,
        Alpn = IsHttps ? ["http/1.1"] : null,
    };

    private static string? HostAndPort(string text, int? defaultPort)
    {
        if (text.Any(static c => c is <= ' ' or > '~' or '/' or '@' or '?' or '#'))
            return null;
        var colon = text.LastIndexOf(':');
        var bracket = text.LastIndexOf(']');
        var host = colon > bracket ? text[..colon] : text;
        var port = colon > bracket
            ? (int.TryParse(text.AsSpan(colon + 1), System.Globalization.NumberStyles.None, null, out var p) ? p : -1)
            : defaultPort ?? -1;
        var name = host.StartsWith('[') && host.EndsWith(']') ? host[1..^1] : host;
        return port is >= 1 and <= 65535 && Uri.CheckHostName(name) != UriHostNameType.Unknown ? $"{host}:{port}" : null;
    }
}
