using Adit.Api;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Edge;

namespace Adit.Hub.Tunnels;

/// <summary>Who wants to know what happens to tunnels and on them: the events and the inspector of the Inspector slice.</summary>
internal interface ITunnelWatch
{
    /// <summary>Something happened. Must not block.</summary>
    void Publish(TunnelEvent happened, Owned tunnel);

    /// <summary>What shall see the exchanges of a tunnel; null for nothing.</summary>
    IExchangeObserver? Observe(string tunnel, Owned belonging);

    /// <summary>The tunnel is gone: forget what was seen.</summary>
    void Forget(string tunnel);
}
