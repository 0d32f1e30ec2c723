using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Adit.Api;

namespace Adit.Runner.Tunnels;

/// <summary>How the client speaks to a target.</summary>
public enum TargetScheme
{
    /// <summary>Bytes, untouched.</summary>
    Tcp,

    /// <summary>Bytes, inside of TLS from the client to the target.</summary>
    Tls,

    /// <summary>HTTP/1.1 in clear.</summary>
    Http,

    /// <summary>HTTP over TLS.</summary>
    Https,

    /// <summary>HTTP/2 in clear with prior knowledge, as gRPC servers speak it.</summary>
    H2c,

    /// <summary>A Unix domain socket; HTTP/1.1 for tunnels of kind http, otherwise bytes.</summary>
    Unix,
}

/// <summary>Where a tunnel leads: what the user wrote, parsed.</summary>
/// <param name="Scheme">How to speak to it.</param>
/// <param name="Host">A name or an address without brackets; a path for <see cref="TargetScheme.Unix"/>.</param>
/// <param name="Port">1 to 65535; 0 for <see cref="TargetScheme.Unix"/>.</param>
public sealed record TunnelTarget(TargetScheme Scheme, string Host, int Port)
{
    /// <summary>The host that a bare port means: this machine, by IPv4 or IPv6.</summary>
    public const string ThisMachine = "localhost";

    /// <summary>The target as the API and <see cref="Parse"/> write it.</summary>
    public override string ToString() => Scheme switch
    {
        TargetScheme.Unix => "unix:" + Host,
        TargetScheme.Tcp => Authority,
        _ => $"{Scheme.ToString().ToLowerInvariant()}://{Authority}",
    };

    /// <summary><c>HOST:PORT</c>, with brackets around an IPv6 address.</summary>
    public string Authority => Join(Host, Port);

    /// <summary>Writes <c>HOST:PORT</c>, with brackets around an IPv6 address.</summary>
    public static string Join(string host, int port) =>
        host.Contains(':', StringComparison.Ordinal)
            ? string.Create(CultureInfo.InvariantCulture, $"[{host}]:{port}")
            : string.Create(CultureInfo.InvariantCulture, $"{host}:{port}");

    /// <summary>
    /// Understands <c>8888</c>, <c>HOST:PORT</c>, <c>unix:/PATH</c>, and for kind http <c>http://</c>, <c>https://</c>, <c>h2c://</c>,
    /// otherwise <c>tcp://</c> and <c>tls://</c>.
    /// </summary>
    /// <exception cref="FormatException">It is none of these; the message says what is wrong with it.</exception>
    public static TunnelTarget Parse(string text, TunnelKind kind)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.StartsWith("unix:", StringComparison.Ordinal))
            return ParseUnix(text["unix:".Length..], kind);

        var scheme = kind == TunnelKind.Http ? TargetScheme.Http : TargetScheme.Tcp;
        var rest = text;
        if (text.IndexOf("://", StringComparison.Ordinal) is >= 0 and var colon)
        {
            scheme = ParseScheme(text[..colon], kind);
            rest = text[(colon + 3)..];
            if (rest.EndsWith('/'))
                rest = rest[..^1];
            if (rest.AsSpan().ContainsAny("/?#@"))
                throw new FormatException(
                    $"'{text}' has more than a host and a port; a tunnel leads to a whole server, without path or user.");
        }

        if (TryParsePort(rest, out var onlyPort))
            return new TunnelTarget(scheme, ThisMachine, onlyPort);
        if (!TrySplit(rest, out var host, out var port))
        {
            var standard = scheme switch { TargetScheme.Http or TargetScheme.H2c => 80, TargetScheme.Https => 443, _ => 0 };
            if (rest == text || standard == 0 || !IsHost(rest.Trim('[', ']')))
                throw new FormatException(
                    $"'{text}' is no target; write a port (8888), HOST:PORT, or a URL such as "
                        + $"{(kind == TunnelKind.Http ? "http" : "tls")}://HOST:PORT.");
            (host, port) = (rest.Trim('[', ']'), standard);
        }

        return new TunnelTarget(scheme, host, port);
    }

    /// <summary>Splits <c>HOST:PORT</c> or <c>[IPV6]:PORT</c>.</summary>
    public static bool TrySplit(string text, [NotNullWhen(true)] out string? host, out int port)
    {
        ArgumentNullException.ThrowIfNull(text);
        host = null;
        port = 0;
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !TryParsePort(text.AsSpan(colon + 1), out port))
            return false;
        var name = text[..colon];
        if (name.StartsWith('[') && name.EndsWith(']'))
        {
            if (!IPAddress.TryParse(name[1..^1], out var v6) || v6.AddressFamily != AddressFamily.InterNetworkV6)
                return false;
            host = v6.ToString();
            return true;
        }

        if (!IsHost(name))
            return false;
        host = name.ToLowerInvariant();
        return true;
    }

    /// <summary>A number from 1 to 65535, digits only.</summary>
    public static bool TryParsePort(ReadOnlySpan<char> text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= 65535;

    private static bool IsHost(string text) =>
        text.Length is > 0 and <= 253 && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_');

    private static TunnelTarget ParseUnix(string path, TunnelKind kind)
    {
        if (kind == TunnelKind.Tls)
            throw new FormatException("A tunnel of kind tls leads to HOST:PORT, not to a Unix socket.");
        // sun_path holds 108 bytes on Linux, the last of them zero.
        if (path.Length is 0 or > 107 || path[0] != '/')
            throw new FormatException($"'unix:{path}' is no target; a Unix socket is an absolute path of at most 107 bytes.");
        return new TunnelTarget(TargetScheme.Unix, path, 0);
    }

    private static TargetScheme ParseScheme(string scheme, TunnelKind kind) => (scheme.ToLowerInvariant(), kind) switch
    {
        ("http", TunnelKind.Http) => TargetScheme.Http,
        ("https", TunnelKind.Http) => TargetScheme.Https,
        ("h2c", TunnelKind.Http) => TargetScheme.H2c,
        ("tcp", TunnelKind.Tcp or TunnelKind.Tls) => TargetScheme.Tcp,
        ("tls", TunnelKind.Tcp) => TargetScheme.Tls,
        ("http" or "https" or "h2c", _) =>
            throw new FormatException(
                $"A tunnel of kind {kind.ToString().ToLowerInvariant()} carries bytes; for {scheme}:// use 'adit tunnel http'."),
        _ =>
            throw new FormatException(
                $"'{scheme}://' is not understood here; use "
                    + $"{(kind == TunnelKind.Http ? "http://, https:// or h2c://" : "tcp:// or tls://")}."),
    };
}
