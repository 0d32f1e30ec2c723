using Adit.Hub.Edge;
using Adit.Link;

namespace Adit.Hub.Tunnels;

/// <summary>Tunnels that are ports of tasks.</summary>
internal sealed partial class TunnelRegistry : ITaskTunnels
{
    /// <inheritdoc />
    public ILookup<string, string> Names => All.Select(static t => t.Record).Where(static r => r?.Task is not null).ToLookup(static r => r!.Task!, static r => r!.Name);

    /// <inheritdoc />
    public void Check(TaskTunnel asked) => TunnelRules.CheckAccess(null, RecordOf(asked), asked.Account, _cap);

    /// <inheritdoc />
    public async Task MakeAsync(TaskTunnel asked)
    {
        var tunnel = _tunnels.GetOrAdd(asked.Name, static _ => new LiveTunnel());
        await tunnel.Turn.WaitAsync();
        try
        {
            if (!_tunnels.TryGetValue(asked.Name, out var current) || current != tunnel)
                throw new TunnelRefusal(TunnelRefusalCode.NameTaken, $"The address '{asked.Name}' is just being given up; try again.");
            var before = tunnel.Record;
            if (before is not null && before.Task != asked.Task)
                throw new TunnelRefusal(TunnelRefusalCode.NameTaken, $"The address '{asked.Name}' is taken by a tunnel or another task; choose another name.");
            if (before is not null)
                return; // Its owner may have shared it since: that stays.
            try
            {
                var record = RecordOf(asked);
                tunnel.Caller = _tokens.Find(asked.TokenId);
                await PutAsync(tunnel, TunnelRules.CheckAccess(null, record, asked.Account, _cap), TunnelTarget.Parse(record.Target!, record.Kind)!);
            }
            catch
            {
                _tunnels.TryRemove(KeyValuePair.Create(asked.Name, tunnel));
                throw;
            }

            _news.Publish(tunnel.Record!, "created", null);
        }
        finally
        {
            tunnel.Turn.Release();
        }
    }

    /// <inheritdoc />
    public void Serve(string name, HubLink link)
    {
        if (Find(name) is not { Record: { Task: not null } record, Upstream: { } upstream })
            return;
        if (upstream.Servers is [{ Link: var serving }] && serving == link)
            return;
        Unserve(name);
        if (upstream.Add(new TunnelServing(link, TunnelTarget.Parse(record.Target!, record.Kind)!, record.Target!, _time.GetUtcNow())))
            _news.Publish(record, "up", $"the runner {link.Client.Name} serves it");
        if (link.Closed.IsCancellationRequested)
            Unserve(name); // It went while we were at it, and nobody else will say so.
    }

    /// <inheritdoc />
    public void Unserve(string name)
    {
        if (Find(name) is not { Record: { Task: not null } record, Upstream: { } upstream })
            return;
        foreach (var serving in upstream.Servers)
        {
            if (upstream.Remove(serving.Link))
                _news.Publish(record, "down", "its task is not ready");
        }
    }

    /// <inheritdoc />
    public Task RemoveAsync(string name, string task, string reason) =>
        Find(name) is { Record.Task: { } owner } tunnel && owner == task ? RemoveAsync(tunnel, reason) : Task.CompletedTask;

    /// <inheritdoc />
    public Upstream? UpstreamOf(string name) => Find(name)?.Upstream;

    /// <inheritdoc />
    public RouteMeter? MeterOf(string name) => Find(name)?.Meter;

    private TunnelRecord RecordOf(TaskTunnel asked) => new()
    {
        Name = asked.Name,
        Kind = asked.Kind,
        Account = asked.Account,
        Owner = asked.Maker,
        TokenId = asked.TokenId,
        Project = asked.Project,
        Access = asked.Access,
        Keep = true,
        Target = $"{TunnelTarget.TaskScheme}{asked.Task}/{asked.Port}",
        Options = TunnelCompiler.Sealed(asked.Options),
        Task = asked.Task,
        Created = _time.GetUtcNow(),
    };
}
