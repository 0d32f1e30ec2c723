using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Adit.Hub;

/// <summary>
/// Where a listener listens: <c>ADDRESS:PORT</c>, <c>[V6]:PORT</c>, <c>localhost:PORT</c>, <c>*:PORT</c> (all addresses).
/// </summary>
internal static class ListenAddress
{
    /// <summary>Reads one. Names other than <c>localhost</c> are refused: what they resolve to may change under the hub.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out IPEndPoint? address)
    {
        address = null;
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            return false;
        var host = text[..colon];
        IPAddress? ip = host switch
        {
            "localhost" => IPAddress.Loopback,
            "*" => IPAddress.IPv6Any,
            _ when host.Contains(':') => host is ['[', .., ']'] && IPAddress.TryParse(host, out var v6) ? v6 : null,
            _ => IPAddress.TryParse(host, out var v4) && v4.ToString() == host ? v4 : null,
        };
        address = ip is null ? null : new IPEndPoint(ip, port);
        return address is not null;
    }

    /// <summary>Reads one.</summary>
    /// <exception cref="FormatException">It is not one.</exception>
    public static IPEndPoint Parse(string text) =>
        TryParse(text, out var address)
            ? address
            : throw new FormatException($"'{text}' is not an address and a port, such as 127.0.0.1:8080.");

    /// <summary>Whether only this machine can reach it.</summary>
    public static bool IsLoopback(string text) => TryParse(text, out var address) && IPAddress.IsLoopback(address.Address);
}
