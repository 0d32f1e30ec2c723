using Adit.Api;
using Adit.Link;

namespace Adit.Hub.Runners;

/// <summary>A runner while the hub runs. Changed only by <see cref="RunnerRegistry"/>, under its lock.</summary>
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

    /// <summary>Calls its tasks lost when it has not come back by then.</summary>
    public ITimer? Grace { get; set; }
}

/// <summary>A runner's presence: from its hello until its link ends.</summary>
internal sealed class RunnerSession(HubLink link, int protocol, TimeProvider time) : IDisposable
{
    public HubLink Link { get; } = link;

    /// <summary>The version of the protocol that both speak.</summary>
    public int Protocol { get; } = protocol;

    /// <summary>Its control API.</summary>
    public RunnerControl Control { get; } = new(link, time);

    public void Dispose() => Control.Dispose();
}
