using System.Globalization;
using System.Net;
using Adit.Hub.Edge.Gate;

namespace Adit.Hub.Access.Audit;

/// <summary>
/// Entries that somebody can cause again and again by knocking. The first is written at once, those like it within a minute are one more
/// entry with how often (<c>times</c>). There are so many kinds of entries in a minute; what is beyond is counted and not told apart.
/// </summary>
internal sealed class AuditRepeats(AuditLog audit, TimeProvider time) : IDisposable
{
    private const int MostKinds = 2_000;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<Kind, Repeats> _kinds = [];
    private readonly Dictionary<string, long> _beyond = new(StringComparer.Ordinal);
    private ITimer? _timer;

    /// <summary>Adds an entry soon, or counts it.</summary>
    /// <param name="entry">What happened. Those alike have its action, actor and outcome, the network of its address, and what is said of it.</param>
    /// <param name="what">What else has to be the same. Never text that whoever knocks can choose.</param>
    public void Record(AuditEntry entry, string? what)
    {
        _ = IPAddress.TryParse(entry.Address, out var address);
        var kind = new Kind(entry.Action, entry.Actor, entry.Outcome, ClientNetwork.Of(address), what);
        lock (_lock)
        {
            _timer ??= time.CreateTimer(static r => ((AuditRepeats)r!).Settle(), this, Window, Window);
            if (_kinds.TryGetValue(kind, out var known))
            {
                known.More++;
                return;
            }

            if (_kinds.Count >= MostKinds)
            {
                _beyond[entry.Action] = _beyond.GetValueOrDefault(entry.Action) + 1;
                return;
            }

            _kinds[kind] = new Repeats(entry, time.GetTimestamp());
        }

        audit.RecordSoon(entry);
    }

    /// <inheritdoc />
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
            foreach (var (kind, repeats) in _kinds.Where(k => time.GetElapsedTime(k.Value.Since) >= Window).ToArray())
            {
                _kinds.Remove(kind);
                if (repeats.More > 0)
                    entries.Add(Times(repeats.First, repeats.More));
            }

            entries.AddRange(_beyond.Select(static b => Times(new AuditEntry(b.Key) { Outcome = AuditOutcome.Denied }, b.Value)));
            _beyond.Clear();
        }

        foreach (var entry in entries)
            audit.RecordSoon(entry);
    }

    private static AuditEntry Times(AuditEntry first, long times) => first with
    {
        Detail = new Dictionary<string, string>(first.Detail ?? new Dictionary<string, string>()) { ["times"] = times.ToString(CultureInfo.InvariantCulture) },
    };

    private readonly record struct Kind(string Action, string? Actor, AuditOutcome Outcome, UInt128 Network, string? What);

    private sealed class Repeats(AuditEntry first, long since)
    {
        public AuditEntry First { get; } = first;

        public long Since { get; } = since;

        public long More { get; set; }
    }
}
