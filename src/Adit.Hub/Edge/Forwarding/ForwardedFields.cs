using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Edge.Forwarding;

/// <summary>
/// The fields that tell an application where a request came from: X-Forwarded-For, -Proto, -Host, -Port, X-Real-IP and Forwarded
/// (RFC 7239). What the visitor sent of them is replaced; from a trusted proxy it is kept and added to.
/// </summary>
/// <remarks>The lines of a connection are the same for each of its requests to the same host, so they are kept as bytes.</remarks>
internal sealed class ForwardedFields
{
    /// <summary>The field that tells an application of path mode what is taken from the front of its targets.</summary>
    public const string Prefix = "X-Forwarded-Prefix";

    private IPAddress? _address;
    private string? _authority;
    private string? _scheme;
    private byte[] _lines = [];

    /// <summary>Writes the lines.</summary>
    public void Write(RecordBuffer head, IPAddress? peer, string authority, string scheme)
    {
        if (!ReferenceEquals(peer, _address) || authority != _authority || scheme != _scheme)
        {
            _address = peer;
            _authority = authority;
            _scheme = scheme;
            _lines = Encoding.Latin1.GetBytes(
                Lines(Text(peer), Text(peer), scheme, authority, PortOf(authority, scheme), Element(peer, authority, scheme)));
        }

        head.Write(_lines);
    }

    /// <summary>The lines of a request, as text.</summary>
    public static string Of(Visit visit, TrustedProxies trusted)
    {
        var (peer, authority, scheme) = (visit.Peer, visit.Authority, visit.Request.Scheme);
        return trusted.Contains(peer)
            ? Trusted(peer, visit.Client, authority, scheme, visit.Request.Headers)
            : Lines(Text(peer), Text(peer), scheme, authority, PortOf(authority, scheme), Element(peer, authority, scheme));
    }

    // What a trusted proxy said is kept and added to.
    private static string Trusted(IPAddress? peer, IPAddress? client, string authority, string scheme, IHeaderDictionary sent)
    {
        var chain = Joined(sent["X-Forwarded-For"].ToString(), Text(peer));
        var proto = Or(sent["X-Forwarded-Proto"].ToString(), scheme);
        var host = Or(sent["X-Forwarded-Host"].ToString(), authority);
        var port = Or(sent["X-Forwarded-Port"].ToString(), PortOf(host, proto));
        var element = Joined(sent["Forwarded"].ToString(), Element(peer, authority, scheme));
        return Lines(chain, Text(client ?? peer), proto, host, port, element);
    }

    /// <summary>The visitor's address as trusted proxies tell it: the last of the chain that is not one of them.</summary>
    public static IPAddress? Client(IPAddress? peer, TrustedProxies trusted, string chain)
    {
        if (!trusted.Contains(peer))
            return peer;
        var client = peer;
        var hops = chain.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        for (var i = hops.Length - 1; i >= 0 && IPAddress.TryParse(hops[i], out var hop); i--)
        {
            client = hop;
            if (!trusted.Contains(hop))
                break;
        }

        return client;
    }

    /// <summary>An address as text; IPv4 also where it came in over an IPv6 socket.</summary>
    public static string Text(IPAddress? address) =>
        address is null ? "unknown" : (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();

    private static string Lines(string chain, string real, string proto, string host, string port, string element) =>
        $"X-Forwarded-For: {chain}\r\nX-Real-IP: {real}\r\nX-Forwarded-Proto: {proto}\r\nX-Forwarded-Host: {host}\r\nX-Forwarded-Port: "
            + $"{port}\r\nForwarded: {element}\r\n";

    // RFC 7239 sections 4 and 6: IPv6 in brackets, and what is not a token in quotes. Kestrel lets no quote into an authority.
    private static string Element(IPAddress? peer, string authority, string scheme)
    {
        var text = Text(peer);
        var node = text.Contains(':') ? $"\"[{text}]\"" : text;
        return $"for={node};host=\"{authority}\";proto={scheme}";
    }

    private static string PortOf(string authority, string scheme) =>
        HostName.PortOf(authority)?.ToString(CultureInfo.InvariantCulture) ?? (scheme == "https" ? "443" : "80");

    private static string Joined(string before, string last) => before.Length == 0 ? last : $"{before}, {last}";

    private static string Or(string value, string otherwise) => value.Length == 0 ? otherwise : value;
}
