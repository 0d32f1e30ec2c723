using System.Globalization;
using Adit.Hub.Access.Audit;
using Adit.Hub.Edge.Gate;

namespace Adit.Hub.Access.Doors;

/// <summary>
/// Writes refusals at doors into the audit log. Who knocks again and again at the same door is one entry a minute with a count, and there
/// are so many doors and knockers at a time: the rest is counted only.
/// </summary>
internal sealed class DoorAudit(AuditLog audit, TimeProvider time) : IDoorLog, IDisposable
{
    private const int MostKnockers = 2_000;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Route, string Account, string? Address), Knocks> _knocks = [];
    private ITimer? _timer;
    private long _uncounted;

    public void Denied(string route, DoorPass pass, string? address, int rule)
    {
        if (pass.Person is not { } person)
            return; // A stranger at a door is no news; wrong credentials are counted elsewhere.
        var key = (route, person.Account, address);
        lock (_lock)
        {
            if (_knocks.TryGetValue(key, out var known))
            {
                known.More++;
                return;
            }

            if (_knocks.Count >= MostKnockers)
            {
                _uncounted++;
                return;
            }

            _knocks[key] = new Knocks(pass.Key.TokenId, rule, time.GetTimestamp());
            _timer ??= time.CreateTimer(static a => ((DoorAudit)a!).Settle(), this, Window, Window);
        }

        audit.RecordSoon(Entry(key, pass.Key.TokenId, rule, 1));
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _timer?.Dispose();
        }
    }

    private void Settle()
    {
        List<AuditEntry> entries = [];
        lock (_lock)
        {
            foreach (var (key, knocks) in _knocks.Where(k => time.GetElapsedTime(k.Value.Since) >= Window).ToArray())
            {
                _knocks.Remove(key);
                if (knocks.More > 0)
                    entries.Add(Entry(key, knocks.Via, knocks.Rule, knocks.More));
            }

            if (_uncounted > 0)
                entries.Add(new AuditEntry("door") { Outcome = AuditOutcome.Denied, Detail = Detail("times", _uncounted) });
            _uncounted = 0;
        }

        foreach (var entry in entries)
            audit.RecordSoon(entry);
    }

    private static AuditEntry Entry((string Route, string Account, string? Address) key, string via, int rule, long times)
    {
        var detail = Detail("times", times);
        detail["rule"] = rule == 0 ? "none" : rule.ToString(CultureInfo.InvariantCulture);
        return new AuditEntry("door")
        {
            Actor = key.Account,
            Via = via.Contains(':') ? via : "token:" + via,
            Target = "route:" + key.Route,
            Outcome = AuditOutcome.Denied,
            Address = key.Address,
            Detail = detail,
        };
    }

    private static Dictionary<string, string> Detail(string name, long value) => new() { [name] = value.ToString(CultureInfo.InvariantCulture) };

    private sealed class Knocks(string via, int rule, long since)
    {
        public string Via { get; } = via;

        public int Rule { get; } = rule;

        public long Since { get; } = since;

        public long More { get; set; }
    }
}
