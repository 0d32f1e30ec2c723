using System.Globalization;
using System.Net;

namespace Adit.Runner.Tunnels;

/// <summary>
/// One line of an allow-list: <c>HOST:PORTS</c>, <c>ADDRESS:PORTS</c>, <c>NETWORK/BITS:PORTS</c> or <c>unix:/PATH</c>, where PORTS is
/// <c>80</c>, <c>8000-8999</c> or <c>*</c>.
/// </summary>
internal sealed record AllowRule
{
    /// <summary>The exact host name; null when the rule is about addresses or a socket file.</summary>
    public string? Name { get; private init; }

    /// <summary>The addresses; null when the rule is about a name or a socket file.</summary>
    public IPNetwork? Network { get; private init; }

    /// <summary>The socket file.</summary>
    public string? UnixPath { get; private init; }

    /// <summary>The lowest port allowed.</summary>
    public int FirstPort { get; private init; }

    /// <summary>The highest port allowed.</summary>
    public int LastPort { get; private init; }

    /// <summary>Whether a hub may ask for TLS without verification to what this rule allows.</summary>
    public bool Insecure { get; private init; }

    public bool HasPort(int port) => port >= FirstPort && port <= LastPort;

    /// <summary>Exactly one target.</summary>
    public static AllowRule For(TunnelTarget target, bool insecure)
    {
        if (target.Scheme == TargetScheme.Unix)
            return new AllowRule { UnixPath = target.Host };
        var address = IPAddress.TryParse(target.Host, out var parsed) ? parsed : null;
        return new AllowRule
        {
            Name = address is null ? target.Host.ToLowerInvariant() : null,
            Network = address is null ? null : Single(address),
            FirstPort = target.Port,
            LastPort = target.Port,
            Insecure = insecure,
        };
    }

    /// <exception cref="FormatException">It is no rule; the message says why.</exception>
    public static AllowRule Parse(string text)
    {
        if (text.StartsWith("unix:/", StringComparison.Ordinal))
            return new AllowRule { UnixPath = text["unix:".Length..] };
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !TryParsePorts(text[(colon + 1)..], out var first, out var last))
            throw new FormatException(
                $"'{text}' is no rule of an allow-list; write HOST:PORT, 10.0.0.0/8:8000-8999, HOST:* or unix:/PATH.");
        var host = text[..colon];
        if (host.StartsWith('[') && host.IndexOf(']', StringComparison.Ordinal) is > 0 and var end)
            host = host[1..end] + host[(end + 1)..];
        var rule = new AllowRule { FirstPort = first, LastPort = last };
        if (host.Contains('/', StringComparison.Ordinal))
        {
            return IPNetwork.TryParse(host, out var network)
                ? rule with { Network = network }
                : throw new FormatException($"'{host}' is no network; write its first address and the bits, such as 10.1.0.0/16.");
        }

        if (IPAddress.TryParse(host, out var address))
            return rule with { Network = Single(address) };
        return host.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_')
            ? rule with { Name = host.ToLowerInvariant() }
            : throw new FormatException($"'{host}' is neither a host name nor an address.");
    }

    private static IPNetwork Single(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return new IPNetwork(plain, plain.GetAddressBytes().Length * 8);
    }

    private static bool TryParsePorts(string text, out int first, out int last)
    {
        (first, last) = (1, 65535);
        if (text == "*")
            return true;
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0)
        {
            var isPort = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out first);
            last = first;
            return isPort && first is > 0 and <= 65535;
        }

        return TunnelTarget.TryParsePort(text.AsSpan(0, dash), out first)
            && TunnelTarget.TryParsePort(text.AsSpan(dash + 1), out last)
            && first <= last;
    }
}
