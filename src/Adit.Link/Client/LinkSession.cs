namespace Adit.Link;

/// <summary>One life of a client's control connection, from hello to its loss.</summary>
internal sealed class LinkSession(ControlChannel control, TimeProvider time)
{
    private int _wanted;

    public ControlChannel Control { get; } = control;

    public string? LinkId { get; private set; }

    public TimeSpan Heartbeat { get; private set; } = LinkProtocol.Heartbeat;

    /// <summary>Why it was lost, when that is known better than by the exception that follows.</summary>
    public string? LostReason { get; set; }

    /// <summary>When the hub asked to be tried again.</summary>
    public TimeSpan RetryAfter { get; set; }

    /// <summary>So many more tickets are asked for.</summary>
    public void Want(int count) => Interlocked.Add(ref _wanted, count);

    /// <summary>Whether a ticket that came was asked for. A hub that sends others does not make this client dial.</summary>
    public bool TakeWanted()
    {
        if (Interlocked.Decrement(ref _wanted) >= 0)
            return true;
        Interlocked.Increment(ref _wanted);
        return false;
    }

    public void Welcome(string link, int heartbeatMs)
    {
        LinkId = link;
        Heartbeat = TimeSpan.FromMilliseconds(Math.Clamp(heartbeatMs, 1000, (int)LinkProtocol.Heartbeat.TotalMilliseconds));
    }

    /// <summary>Called at each heartbeat: pings the hub, or drops a connection on which nothing came back.</summary>
    public void Beat()
    {
        if (Control.Silence > LinkProtocol.DeadAfter - Heartbeat)
        {
            LostReason = $"the hub was not heard for {Control.Silence.TotalSeconds:0} s";
            Control.Abort();
            return;
        }

        _ = PingAsync();
    }

    private async Task PingAsync()
    {
        try
        {
            using var deadline = new CancellationTokenSource(Heartbeat, time);
            await Control.SendAsync(new ControlMessage { Type = "ping" }, deadline.Token);
        }
        catch (Exception e) when (Wire.IsBroken(e) || e is InvalidOperationException)
        {
            Control.Abort(); // The receiver sees it and the client connects anew.
        }
    }
}
