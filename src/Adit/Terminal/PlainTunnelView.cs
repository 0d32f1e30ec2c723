using Adit.Api;
using Adit.Runner.Tunnels;

namespace Adit.Terminal;

/// <summary>One line per event, for logs and pipes.</summary>
internal sealed class PlainTunnelView : TunnelView
{
    private readonly Lock _lock = new();
    private string? _lastTrouble;

    public override void Show(TunnelReport report)
    {
        var line = Line(report);
        if (line is null)
            return;
        lock (_lock)
        {
            // A hub that stays away for an hour is one line, not four hundred.
            var isTrouble = report is LinkDown or TargetFailed or TunnelDelayed;
            if (isTrouble && line == _lastTrouble)
                return;
            _lastTrouble = isTrouble ? line : null;
            if (report is RequestPassed or TunnelUp or LinkUp)
                Screen.Line(line);
            else
                Screen.Note(line);
        }
    }

    private static string? Line(TunnelReport report) => report switch
    {
        TunnelUp { Again: true } up => $"{up.Tunnel.Name} is up again.",
        TunnelUp up => Up(up),
        LinkDown down => $"The link is down ({down.Reason}); trying again.",
        HubDraining draining => $"The hub is about to restart: {draining.Reason}",
        TunnelDelayed delayed => $"{delayed.Name}: {delayed.Reason} Trying again.",
        TunnelEnded ended => ended.Reason,
        TargetFailed failed => failed.Reason,
        ProgramLine line => line.Line,
        RequestPassed passed => RequestLine.Plain(passed.Request),
        _ => null,
    };

    private static string Up(TunnelUp up) => up.Tunnel.Url is { } url
        ? $"{url} -> {up.Target} ({WhoOf(up.Tunnel)})"
        : $"{up.Tunnel.Name} -> {up.Target} (private: adit connect {up.Tunnel.Name} --local PORT)";

    private static string WhoOf(Tunnel tunnel) => (tunnel.Access, tunnel.Rules) switch
    {
        (var access, { Count: > 0 }) => access + ", after its rules",
        (TunnelAccess.Owner, _) => "owner only",
        var (access, _) => access,
    };
}
