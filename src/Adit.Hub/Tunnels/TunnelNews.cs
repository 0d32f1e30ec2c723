using Adit.Api;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Tunnels;

/// <summary>What the log and whoever watches are told about tunnels.</summary>
internal sealed partial class TunnelNews(ITunnelWatch? watch, TimeProvider time, ILogger log)
{
    /// <summary>Something happened to a tunnel.</summary>
    /// <param name="record">Which, as it was when it happened.</param>
    /// <param name="type"><c>created</c>, <c>up</c>, <c>down</c>, <c>changed</c> or <c>removed</c>.</param>
    /// <param name="reason">Why, where there is more to say.</param>
    public void Publish(TunnelRecord record, string type, string? reason)
    {
        LogHappened(record.Name, type, reason is null ? "" : ": " + reason);
        watch?.Publish(new TunnelEvent { Type = type, At = time.GetUtcNow(), Name = record.Name, Reason = reason }, record.Belonging);
    }

    /// <summary>A tunnel is gone: what was seen of it is forgotten, and everybody is told.</summary>
    public void Removed(TunnelRecord record, string? reason)
    {
        watch?.Forget(record.Name);
        Publish(record, "removed", reason);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Tunnel {Name} has a target that this hub cannot read ({Target}); it is left out.")]
    public partial void Unreadable(string name, string? target);

    [LoggerMessage(Level = LogLevel.Error, Message = "Tunnel {Name} has no port for now: {Reason}")]
    public partial void CannotOpen(string name, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Tunnel {Name} could not be removed yet: {Reason}")]
    public partial void NotRemoved(string? name, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Tunnel {Name} {Type}{Reason}")]
    private partial void LogHappened(string name, string type, string reason);
}
