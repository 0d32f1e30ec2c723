using System.Collections.Concurrent;
using Adit.Api;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Edge;
using Adit.Hub.Tunnels;

namespace Adit.Hub.Inspector;

/// <summary>The inspectors of all tunnels, and the way in which tunnels tell what happens to them.</summary>
internal sealed class TunnelInspectors(HubOptions options, RequestArchive archive, EventHub events, TimeProvider time) : ITunnelWatch
{
    private readonly ConcurrentDictionary<string, TunnelInspector> _inspectors = new(StringComparer.Ordinal);

    public void Publish(TunnelEvent happened, Owned tunnel) => events.Publish(happened, tunnel);

    public IExchangeObserver Observe(string tunnel, Owned belonging)
    {
        var inspector = _inspectors.GetOrAdd(tunnel, static (name, of) => of.All.Make(name, of.Belonging), (All: this, Belonging: belonging));
        if (inspector.Belonging == belonging)
            return inspector;

        // The name went to somebody else, or the tunnel to another project, whose members must see nothing of before.
        archive.Forget(tunnel);
        return _inspectors[tunnel] = Make(tunnel, belonging);
    }

    public void Forget(string tunnel)
    {
        _inspectors.TryRemove(tunnel, out _);
        archive.Forget(tunnel);
    }

    public TunnelInspector? Find(string tunnel) => _inspectors.GetValueOrDefault(tunnel);

    private TunnelInspector Make(string tunnel, Owned belonging) => new(tunnel, belonging, options, archive, events, time);
}
