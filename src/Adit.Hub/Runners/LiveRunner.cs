using Adit.Api;
using Adit.Link;

namespace Adit.Hub.Runners;

/// <summary>A runner while the hub runs. Changed only by <see cref="RunnerRegistry"/>: its session under that one's lock, its record in that one's turn.</summary>
internal sealed class LiveRunner(RunnerRecord record)
{
    private volatile RunnerRecord _record = record;
    private volatile RunnerSession? _session;

    /// <summary>What is stored of it.</summary>
    public RunnerRecord Record
    {
        get => _record;
        set => _record = value;
    }

    /// <summary>Its session; null while it is not there.</summary>
    public RunnerSession? Session
    {
        get => _session;
        set => _session = value;
    }

    /// <summary>Whether it is there and its link stands.</summary>
    public bool IsUp => _session is { Link.Closed.IsCancellationRequested: false };

    /// <summary>What it said last that the machine uses.</summary>
    public RunnerUsage? Usage { get; set; }

    /// <summary>When it was heard last.</summary>
    public DateTimeOffset Seen { get; set; } = record.Seen;

    /// <summary>The same by the clock's own count, which nobody sets.</summary>
    public long Heard { get; set; }

    /// <summary>A second machine that came with its installation while it was there, and was refused; null for none.</summary>
    public SecondMachine? Second { get; set; }

    /// <summary>Held while it says hello: what it has is compared with what it should have once at a time.</summary>
    public SemaphoreSlim Turn { get; } = new(1, 1);

    /// <summary>Calls its tasks lost when it has not come back by then.</summary>
    public ITimer? Grace { get; set; }
}

/// <summary>A machine that says that it is a runner which is connected from elsewhere.</summary>
/// <param name="Address">Where it came from.</param>
/// <param name="At">When it came last.</param>
internal sealed record SecondMachine(string Address, DateTimeOffset At);

/// <summary>A runner's presence: from its hello until its link ends.</summary>
internal sealed class RunnerSession(HubLink link, int protocol, string? process, TimeProvider time) : IDisposable
{
    private long _number;

    public HubLink Link { get; } = link;

    /// <summary>The version of the protocol that both speak.</summary>
    public int Protocol { get; } = protocol;

    /// <summary>The word of the process that holds it; null where that says none.</summary>
    public string? Process { get; } = process;

    /// <summary>Its control API.</summary>
    public RunnerControl Control { get; } = new(link, time);

    /// <summary>Counts what it is told (<see cref="Adit.Api.DesiredTasks.Number"/>).</summary>
    public long NextNumber() => Interlocked.Increment(ref _number);

    public void Dispose() => Control.Dispose();
}
