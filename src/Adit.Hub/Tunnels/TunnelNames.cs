using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Doors;
using Microsoft.Data.Sqlite;

namespace Adit.Hub.Tunnels;

/// <summary>Groups and accounts that tunnels are shared with: a tunnel forgets them when they are removed.</summary>
internal sealed class TunnelNames(TunnelRegistry registry, TimeProvider time) : INameUse
{
    /// <inheritdoc />
    public async Task<IHeldNames> HoldAsync(string word)
    {
        var held = new Held(registry, word, time.GetUtcNow());
        foreach (var tunnel in registry.All.ToList())
        {
            if (!IsNamed(tunnel.Record, word))
                continue;
            await tunnel.Turn.WaitAsync();
            if (IsNamed(tunnel.Record, word))
                held.Add(tunnel);
            else
                tunnel.Turn.Release();
        }

        return held;
    }

    private static bool IsNamed(TunnelRecord? record, string word) => record is not null && Policies.Names(record.Access, record.Rules, word);

    private sealed class Held(TunnelRegistry registry, string word, DateTimeOffset at) : IHeldNames
    {
        private readonly List<(LiveTunnel Tunnel, TunnelRecord Before, TunnelRecord Now)> _tunnels = [];

        public bool Any => _tunnels.Count > 0;

        public void Add(LiveTunnel tunnel)
        {
            var record = tunnel.Record!;
            _tunnels.Add((tunnel, record, record with { Access = Policies.Without(record.Access, word), Rules = Policies.Without(record.Rules, word) }));
        }

        public void Store(SqliteConnection connection)
        {
            foreach (var (_, before, now) in _tunnels)
            {
                TunnelStore.Save(connection, now);
                var detail = TunnelAudit.Changes(before, now);
                detail["why"] = $"{word} was removed";
                AuditLog.Add(connection, new AuditEntry("policy.change") { Target = "tunnel:" + now.Name, Detail = detail }, at);
            }
        }

        public void Apply()
        {
            foreach (var (tunnel, _, now) in _tunnels)
                registry.Hold(tunnel, now);
        }

        public void Dispose()
        {
            foreach (var (tunnel, _, _) in _tunnels)
                tunnel.Turn.Release();
        }
    }
}
