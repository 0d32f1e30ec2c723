using System.Collections.Concurrent;

namespace Adit.Hub.Edge;

/// <summary>
/// Who has which custom host name, whatever slice that is: one each, however many ask at the same time. Host names are in lower case and
/// without port; who has them is named as the audit log names things (<c>tunnel:NAME</c>, <c>external:NAME</c>).
/// </summary>
internal sealed class HostClaims
{
    private readonly ConcurrentDictionary<string, string> _claims = new(StringComparer.Ordinal);

    /// <summary>Claims all of these, or none.</summary>
    /// <returns>The first that somebody else has; null when all are its own now.</returns>
    public string? Claim(IReadOnlyCollection<string> hosts, string holder)
    {
        var added = new List<string>();
        foreach (var host in hosts)
        {
            if (_claims.TryAdd(host, holder))
            {
                added.Add(host);
            }
            else if (_claims.TryGetValue(host, out var other) && other != holder)
            {
                Release(added, holder);
                return host;
            }
        }

        return null;
    }

    /// <summary>Gives up what it has of these.</summary>
    public void Release(IEnumerable<string> hosts, string holder)
    {
        foreach (var host in hosts)
            _claims.TryRemove(KeyValuePair.Create(host, holder));
    }
}
