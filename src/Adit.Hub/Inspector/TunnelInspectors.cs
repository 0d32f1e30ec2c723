using System.Collections.Concurrent;
using Adit.Api;
using Adit.Hub.Edge;
using Adit.Hub.Tunnels;

namespace Adit.Hub.Inspector;

/// <summary>The inspectors of all tunnels, and the way in which tunnels tell what happens to them.</summary>
internal sealed class TunnelInspectors(HubOptions options, RequestArchive archive, EventHub events, TimeProvider time) : ITunnelWatch
{
    private readonly ConcurrentDictionary<string, TunnelInspector> _inspectors = new(StringComparer.Ordinal);

    public void Publish(TunnelEvent happened, string account) => events.Publish(happened, account);

    public IExchangeObserver Observe(string tunnel, string account)
    {
        var inspector = _inspectors.GetOrAdd(tunnel, static (name, of) => of.All.Make(name, of.Account), (All: this, Account: account));
        if (inspector.Account == account)
            return inspector;

        // The name went to somebody else, who must see nothing of before.
        archive.Forget(tunnel);
        return _inspectors[tunnel] = Make(tunnel, account);
    }

    public void Forget(string tunnel)
    {
        _inspectors.TryRemove(tunnel, out _);
        archive.Forget(tunnel);
    }

    public TunnelInspector? Find(string tunnel) => _inspectors.GetValueOrDefault(tunnel);

    private TunnelInspector Make(string tunnel, string account) => new(tunnel, account, options, archive, events, time);
}
