using System.Collections.Concurrent;
using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Doors;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Storage;
using Adit.Hub.Telemetry;
using Adit.Link;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Tunnels;

/// <summary>
/// All tunnels: stored records joined with the links that serve them now. Makes and removes routes and ports, and lets ephemeral tunnels
/// go when their clients have been away for the grace time.
/// </summary>
internal sealed partial class TunnelRegistry : IDisposable
{
    private readonly ConcurrentDictionary<string, LiveTunnel> _tunnels = new(StringComparer.Ordinal);
    private readonly TunnelHosts _hosts;
    private readonly ConcurrentDictionary<HubLink, ConcurrentDictionary<string, LiveTunnel>> _byLink = new();
    private readonly ConcurrentDictionary<LiveTunnel, bool> _assigned = new(); // Those that name their client: few, looked through at each new link.
    private readonly ReleasedNames _released;
    private readonly HubOptions _options;
    private readonly TunnelStore _store;
    private readonly LinkHost _links;
    private readonly TokenRegistry _tokens;
    private readonly Authority _authority;
    private readonly AccessCap _cap;
    private readonly TunnelNews _news;
    private readonly TunnelMeters? _meters;
    private readonly PortRanges _ports;
    private readonly TunnelWiring _wiring;
    private readonly OpenDoors _doors;
    private readonly TimeProvider _time;

    public TunnelRegistry(
        HubOptions options, Database database, RouteTable routes, HostClaims claims, LinkHost links, TokenRegistry tokens, Authority authority,
        AccessCap cap, OpenDoors doors, TimeProvider time, ILogger<TunnelRegistry> log, ITunnelWatch? watch = null, TunnelMeters? meters = null, ITaskKeepers? keepers = null)
    {
        _options = options;
        _store = new TunnelStore(database);
        _links = links;
        _tokens = tokens;
        _authority = authority;
        _cap = cap;
        _news = new TunnelNews(watch, time, log);
        _meters = meters;
        _ports = new PortRanges(options);
        _released = new ReleasedNames(time);
        _hosts = new TunnelHosts(claims, options.Domain, options.PathHost);
        _wiring = new TunnelWiring(options, routes, _hosts, _ports, new TunnelCompiler(options, watch, cap, keepers), doors, time, log);
        _doors = doors;
        _time = time;
        links.Connected += OnConnected;
        links.Disconnected += OnDisconnected;
    }

    /// <summary>A tunnel is gone: its name. Handlers must not block.</summary>
    public event Action<string>? Removed;

    /// <summary>How many there are, and how many of them are up.</summary>
    public (int All, int Up) Count => (_tunnels.Count, _tunnels.Values.Count(t => t.Upstream?.IsUp == true));

    /// <summary>Requests and streams under way, over all tunnels.</summary>
    public long OpenStreams => _tunnels.Values.Sum(t => t.Meter.OpenStreams);

    /// <summary>All of them, in no order.</summary>
    public IEnumerable<LiveTunnel> All => _tunnels.Values.Where(t => t.Record is not null);

    public LiveTunnel? Find(string name) => _tunnels.TryGetValue(name, out var tunnel) && tunnel.Record is not null ? tunnel : null;

    /// <summary>
    /// Loads what was stored. Ephemeral tunnels get a fresh grace time, in which their clients come back to a restarted hub.
    /// </summary>
    public async Task LoadAsync()
    {
        await _released.LoadAsync(_store);
        foreach (var record in await _store.ListAsync())
        {
            if (TunnelTarget.Parse(record.Target ?? "", record.Kind) is not { } target)
            {
                _news.Unreadable(record.Name, record.Target);
                continue;
            }

            var tunnel = new LiveTunnel { Caller = _tokens.Find(record.TokenId) };
            try
            {
                _hosts.Claim(record.CustomHosts, record.Name);
                _wiring.Apply(tunnel, record, target);
            }
            catch (TunnelRefusal e)
            {
                _news.CannotOpen(record.Name, e.Message); // Its port is taken by another program now; the rest of it still stands.
                _wiring.Apply(tunnel, record with { Port = null }, target);
            }

            _tunnels[record.Name] = tunnel;
            NoteAssigned(tunnel);
            StartGrace(tunnel);
        }
    }

    /// <summary>Makes a tunnel, or has one more client serve one of the caller's own.</summary>
    /// <returns>The tunnel, and what its record was before; null when it is new.</returns>
    /// <exception cref="TunnelRefusal">It cannot be; nothing was changed.</exception>
    /// <exception cref="StorageException">It could not be stored; nothing was changed.</exception>
    public async Task<(LiveTunnel Tunnel, TunnelRecord? Before)> ServeAsync(CreateTunnelRequest request, Caller caller)
    {
        var target = TunnelRules.TargetOf(request);
        var link = TunnelRules.LinkOf(request, caller, _links);
        while (true)
        {
            var name = request.Name ?? TunnelName.Free(_tunnels.ContainsKey);
            TunnelRules.CheckName(name, caller, _released, isNew: !_tunnels.ContainsKey(name));
            var tunnel = _tunnels.GetOrAdd(name, static _ => new LiveTunnel());
            await tunnel.Turn.WaitAsync();
            try
            {
                if (!_tunnels.TryGetValue(name, out var current) || current != tunnel)
                    continue; // It was removed while we waited.
                var before = tunnel.Record;
                var isNew = before is null;
                if (!isNew && request.Name is null)
                    continue; // A random name that is taken: another one.
                try
                {
                    if (isNew)
                        CheckLimit(tunnel, caller);
                    else
                        TunnelRules.CheckSame(tunnel.Record!, request, caller);
                    var next = TunnelRecord.Of(request, caller, name, before, _time);
                    TunnelRules.CheckProject(before, next.Project, caller, _authority);
                    await SaveAsync(tunnel, TunnelRules.CheckAccess(before, next, caller.Account, _cap), caller, target);
                }
                catch when (isNew)
                {
                    _tunnels.TryRemove(KeyValuePair.Create(name, tunnel));
                    throw;
                }

                if (isNew)
                    _news.Publish(tunnel.Record!, "created", null);
                if (link is not null && (request.Link is not null || MayServe(link, tunnel.Record!)))
                    Attach(tunnel, link, target, request.Target);
                else
                    StartGrace(tunnel);
                return (tunnel, before);
            }
            finally
            {
                tunnel.Turn.Release();
            }
        }
    }

    /// <summary>Changes what a tunnel was told. Requests under way finish as they began.</summary>
    /// <param name="tunnel">Which.</param>
    /// <param name="change">Makes the new record of the one that holds now; may refuse by throwing.</param>
    /// <returns>What was before and what is now; null when the tunnel is gone or nothing changed.</returns>
    /// <exception cref="TunnelRefusal">It cannot be; nothing was changed.</exception>
    /// <exception cref="StorageException">It could not be stored; nothing was changed.</exception>
    public async Task<(TunnelRecord Before, TunnelRecord Now)?> ChangeAsync(LiveTunnel tunnel, Func<TunnelRecord, TunnelRecord> change)
    {
        await tunnel.Turn.WaitAsync();
        try
        {
            if (tunnel.Record is not { } record)
                return null;
            var next = change(record);
            if (TunnelRecord.AreSame(record, next))
                return null;
            await PutAsync(tunnel, next, TunnelTarget.Parse(next.Target!, next.Kind)!);
            StartGrace(tunnel);
            _news.Publish(tunnel.Record!, "changed", null);
            return (record, tunnel.Record!);
        }
        finally
        {
            tunnel.Turn.Release();
        }
    }

    /// <summary>What is stored of a tunnel already holds from now on. Its target and its port are what they were; the caller has its turn.</summary>
    public void Hold(LiveTunnel tunnel, TunnelRecord stored)
    {
        _wiring.Apply(tunnel, stored, TunnelTarget.Parse(stored.Target!, stored.Kind)!);
        _news.Publish(stored, "changed", null);
    }

    /// <summary>Removes a tunnel for everybody. What is open through it is closed.</summary>
    public async Task RemoveAsync(LiveTunnel tunnel, string? reason)
    {
        await tunnel.Turn.WaitAsync();
        try
        {
            await RemoveHeldAsync(tunnel, reason);
            tunnel.Life.End();
            if (tunnel.Meter.OpenStreams > 0)
                _doors.Changed();
        }
        finally
        {
            tunnel.Turn.Release();
        }
    }

    /// <summary>
    /// One client stops serving a tunnel. An ephemeral one without others goes at once: its client said that it is over. Streams under way
    /// go on until the client ends them, which it does in order.
    /// </summary>
    public async Task DetachAsync(LiveTunnel tunnel, string linkId)
    {
        await tunnel.Turn.WaitAsync();
        try
        {
            if (tunnel.Record is not { } record || tunnel.Upstream?.Servers.FirstOrDefault(s => s.Link.Id == linkId)?.Link is not { } link)
                return;
            if (_byLink.TryGetValue(link, out var served))
                served.TryRemove(record.Name, out _);
            if (!tunnel.Upstream.Remove(link))
                return;
            if (record.Keep)
                _news.Publish(record, "down", $"the client {link.Client.Name} stopped serving it");
            else
                await RemoveHeldAsync(tunnel, $"the client {link.Client.Name} stopped serving it");
        }
        catch (StorageException)
        {
            StartGrace(tunnel); // It is there still, and nobody serves it: tried again then.
            throw;
        }
        finally
        {
            tunnel.Turn.Release();
        }
    }

    public void Dispose()
    {
        _links.Connected -= OnConnected;
        _links.Disconnected -= OnDisconnected;
        foreach (var tunnel in _tunnels.Values)
        {
            tunnel.Grace?.Dispose();
            tunnel.Port?.Dispose();
        }
    }

    // Counted in before it is compared, so that two at once cannot both be the last.
    private void CheckLimit(LiveTunnel tunnel, Caller caller)
    {
        tunnel.Caller = caller;
        if (caller.MaxTunnels is { } most && _tunnels.Values.Count(t => t.Caller?.TokenId == caller.TokenId) > most)
            throw new TunnelRefusal(
                TunnelRefusalCode.LimitReached, $"The token {caller.TokenName} is at its limit of {most} tunnels; remove one.");
    }

    private async Task SaveAsync(LiveTunnel tunnel, TunnelRecord next, Caller caller, TunnelTarget target)
    {
        var before = tunnel.Record;
        if (next.Port is > 0 && !_ports.Contains(next.Port.Value))
            throw new TunnelRefusal(TunnelRefusalCode.Invalid, $"Port {next.Port} is not one that tunnels may have here ({_ports.Text}).");
        var callerBefore = tunnel.Caller;
        tunnel.Caller = caller;
        if (before is not null && TunnelRecord.AreSame(before, next))
        {
            // A client that came back: nothing to store. After a restart its token's limits are known again only now.
            if (callerBefore != caller)
                _wiring.Apply(tunnel, before, target);
            return;
        }

        await PutAsync(tunnel, next, target);
    }

    // Stored before anyone is told; when that fails, everything is as it was.
    private async Task PutAsync(LiveTunnel tunnel, TunnelRecord next, TunnelTarget target)
    {
        var before = tunnel.Record;
        var portBefore = tunnel.Port;
        _hosts.Claim(next.CustomHosts, next.Name);
        try
        {
            _wiring.Apply(tunnel, next, target);
            NoteAssigned(tunnel);
            await _store.SaveAsync(tunnel.Record!);
        }
        catch
        {
            _wiring.Undo(tunnel, next, before, portBefore);
            NoteAssigned(tunnel, isThere: before is not null);
            throw;
        }
    }

    private void NoteAssigned(LiveTunnel tunnel, bool isThere = true) =>
        _ = isThere && tunnel.Record?.Client is not null ? _assigned.TryAdd(tunnel, true) : _assigned.TryRemove(tunnel, out _);

    private void Attach(LiveTunnel tunnel, HubLink link, TunnelTarget target, string text)
    {
        tunnel.Grace?.Dispose();
        tunnel.Grace = null;
        var record = tunnel.Record!;
        // Most links serve a handful, and there may be thousands of links: small to begin with.
        _byLink.GetOrAdd(link, static _ => new(concurrencyLevel: 1, capacity: 4, StringComparer.Ordinal))[record.Name] = tunnel;
        if (tunnel.Upstream!.Add(new TunnelServing(link, target, text, _time.GetUtcNow())))
            _news.Publish(record, "up", $"the client {link.Client.Name} serves it");
        if (link.Closed.IsCancellationRequested)
            OnDisconnected(link, "the link was lost"); // It went while we were at it, and nobody else will say so.
    }

    private void StartGrace(LiveTunnel tunnel)
    {
        tunnel.Grace?.Dispose();
        tunnel.Grace = null;
        if (tunnel.Record is not { Keep: false } || tunnel.Upstream?.IsUp == true)
            return;
        tunnel.Grace = _time.CreateTimer(_ => _ = EndOfGraceAsync(tunnel), null, _options.TunnelGrace, Timeout.InfiniteTimeSpan);
    }

    private async Task EndOfGraceAsync(LiveTunnel tunnel)
    {
        try
        {
            await tunnel.Turn.WaitAsync();
            try
            {
                if (tunnel is { Record.Keep: false, Upstream.IsUp: false })
                    await RemoveHeldAsync(tunnel, "no client served it for the grace time");
            }
            finally
            {
                tunnel.Turn.Release();
            }
        }
        catch (StorageException e)
        {
            _news.NotRemoved(tunnel.Record?.Name, e.Message);
            StartGrace(tunnel);
        }
    }

    private async Task RemoveHeldAsync(LiveTunnel tunnel, string? reason)
    {
        if (tunnel.Record is not { } record)
            return;
        var now = _time.GetUtcNow();
        await _store.RemoveAsync(record, now);
        if (record.Keep)
            _released.Add(record.Name, record.Account, now);
        _wiring.Withdraw(tunnel);
        foreach (var serving in tunnel.Upstream?.Servers ?? [])
        {
            _byLink.GetValueOrDefault(serving.Link)?.TryRemove(record.Name, out _);
            serving.Link.Notify("tunnel:" + record.Name, reason);
        }

        tunnel.Port?.Dispose();
        tunnel.Grace?.Dispose();
        tunnel.Upstream?.Close();
        tunnel.Record = null;
        _tunnels.TryRemove(KeyValuePair.Create(record.Name, tunnel));
        NoteAssigned(tunnel, isThere: false);
        _meters?.Retire(record.Name, tunnel.Meter);
        _news.Removed(record, reason);
        Removed?.Invoke(record.Name);
    }
}
