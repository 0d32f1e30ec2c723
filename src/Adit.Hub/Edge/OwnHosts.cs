using System.Collections.Frozen;

namespace Adit.Hub.Edge;

/// <summary>
/// The host names by which the hub itself is meant: its domain, <c>localhost</c>, any address literal (a tunnel is reached by name only),
/// names it was given, and the S3 endpoint's. A request without Host (HTTP/1.0 health checks) means the hub too.
/// </summary>
internal sealed class OwnHosts
{
    private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _names;

    /// <summary>Takes the domain and further names, without ports.</summary>
    public OwnHosts(string domain, params IEnumerable<string> names) =>
        _names = new[] { domain, "localhost" }.Concat(names).ToFrozenSet(StringComparer.OrdinalIgnoreCase)
            .GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>
    /// Whether the hub itself answers this path on any host, even a tunnel's: HTTP-01 challenges that are pending. Null when nothing does.
    /// Asked for paths under <c>/.well-known/acme-challenge/</c> only; must not block.
    /// </summary>
    public Func<string, bool>? AnswersChallenge { get; set; }

    /// <summary>A name that is the hub's own with all names beneath it; null for none. Set before the first request.</summary>
    public string? Beneath { get; set; }

    /// <summary>Whether a host without port is the hub's own.</summary>
    public bool Contains(ReadOnlySpan<char> host) => host.IsEmpty || _names.Contains(host) || HostName.IsAddress(host) || IsBeneath(host);

    private bool IsBeneath(ReadOnlySpan<char> host) =>
        Beneath is { } name && host.EndsWith(name, StringComparison.OrdinalIgnoreCase) && (host.Length == name.Length || host[^(name.Length + 1)] == '.');
}
