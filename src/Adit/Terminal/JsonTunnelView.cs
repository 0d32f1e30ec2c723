using System.Text.Json;
using System.Text.Json.Serialization;
using Adit.Api;
using Adit.Runner.Tunnels;

namespace Adit.Terminal;

/// <summary>One JSON object per line. <c>event</c> says which members there are.</summary>
internal sealed class JsonTunnelView : TunnelView
{
    private readonly Lock _lock = new();

    public override void Show(TunnelReport report)
    {
        if (ToEvent(report) is not { } line)
            return;
        var text = JsonSerializer.Serialize(line, TerminalJson.Default.TunnelLine);
        lock (_lock)
            Screen.Line(text);
    }

    private static TunnelLine? ToEvent(TunnelReport report) => report switch
    {
        LinkUp e => new TunnelLine { Event = "link-up", Hub = e.Hub.ToString(), Link = e.Link },
        LinkDown e =>
            new TunnelLine { Event = "link-down", Hub = e.Hub.ToString(), Reason = e.Reason, RetryMs = (long)e.RetryIn.TotalMilliseconds },
        HubDraining e => new TunnelLine { Event = "hub-draining", Hub = e.Hub.ToString(), Reason = e.Reason },
        TunnelUp e =>
            new TunnelLine { Event = "tunnel-up", Name = e.Tunnel.Name, Url = e.Tunnel.Url, Target = e.Target, Tunnel = e.Tunnel },
        TunnelDelayed e =>
            new TunnelLine { Event = "tunnel-delayed", Name = e.Name, Reason = e.Reason, RetryMs = (long)e.RetryIn.TotalMilliseconds },
        TunnelEnded e => new TunnelLine { Event = "tunnel-ended", Name = e.Name, Reason = e.Reason },
        TargetFailed e => new TunnelLine { Event = "target-failed", Target = e.Target, Reason = e.Reason },
        ProgramLine e => new TunnelLine { Event = "program", Name = e.Name, Line = e.Line },
        RequestPassed e => new TunnelLine { Event = "request", Name = e.Request.Tunnel, Request = e.Request },
        _ => null,
    };
}

/// <summary>A line of <c>--json</c>.</summary>
internal sealed record TunnelLine
{
    public required string Event { get; init; }

    public string? Hub { get; init; }

    public string? Link { get; init; }

    public string? Name { get; init; }

    public string? Url { get; init; }

    public string? Target { get; init; }

    public string? Reason { get; init; }

    public long? RetryMs { get; init; }

    public string? Line { get; init; }

    public Tunnel? Tunnel { get; init; }

    public RequestSummary? Request { get; init; }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TunnelLine))]
internal sealed partial class TerminalJson : JsonSerializerContext;
