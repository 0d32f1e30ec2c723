using System.Net;
using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Doors;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Gate;
using Adit.Link;

namespace Adit.Hub.Tunnels;

/// <summary>
/// Streams that clients open towards the hub: <c>tunnel:NAME</c> leads to whoever serves that tunnel, without any port (<c>adit
/// connect</c>).
/// </summary>
internal sealed class TunnelDoor(
    TunnelRegistry registry, Callers callers, Authority authority, DoorKeys keys, OpenDoors doors, TimeProvider time, ITaskKeepers? keepers = null)
{
    private const string Scheme = "tunnel:";
    private static readonly TimeSpan OpenTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Serves one such stream to its end; the caller disposes it.</summary>
    public async Task ServeAsync(HubLink link, LinkStream visitor)
    {
        var target = visitor.Request.Target;
        var name = target.StartsWith(Scheme, StringComparison.Ordinal) ? target[Scheme.Length..] : "";
        if (registry.Find(name) is not { Record: { } record, Upstream: { } upstream, Policy: { } policy } tunnel || !MayUse(link, record, policy))
        {
            // The same answer for both, so that nobody learns which names exist.
            visitor.Reset(ResetCode.Forbidden, $"There is no tunnel '{name}' that you may use.");
            return;
        }

        if (record.Kind == TunnelKind.Http)
        {
            // Past the edge there would be no sign-in, no limits of requests and no headers that say who comes.
            visitor.Reset(ResetCode.Forbidden, $"The tunnel '{name}' is an http tunnel; open its address instead.");
            return;
        }

        var open = tunnel.Meter.OpenStream();
        var door = new PassedDoor(
            () => !tunnel.Life.IsOver && MayUse(link, tunnel.Record ?? record, tunnel.Policy ?? policy),
            () => visitor.Reset(ResetCode.Forbidden, $"You may not use the tunnel '{name}' any more."));
        doors.Enter(door, mayEnd: policy.Rules.Count > 0);
        try
        {
            if (!door.MayStay())
            {
                door.Closing()(); // Something changed in between.
                return;
            }

            if (open > tunnel.Limits.MaxConcurrent)
            {
                visitor.Reset(ResetCode.Busy, $"The tunnel '{name}' is at its limit of {tunnel.Limits.MaxConcurrent} streams.");
                return;
            }

            using var deadline = new CancellationTokenSource(OpenTimeout, time);
            await using var stream = await upstream.OpenAsync(link.Remote?.ToString(), deadline.Token);
            if (record.Task is { } task && keepers?.Of(task) is { Sleeps: true } keeper)
                keeper.Use.Sent(); // A task that is halted accepts connections, and answers when it is woken.
            await TunnelUpstream.OpenedAsync(stream, deadline.Token);
            await visitor.ConfirmOpenedAsync();
            await StreamPump.RunAsync(visitor, stream, new RouteTraffic(tunnel.Meter, tunnel.Limits.Bandwidth, CancellationToken.None));
        }
        catch (LinkStreamException e)
        {
            visitor.Reset(e.Code, e.Message);
        }
        catch (OperationCanceledException)
        {
            visitor.Reset(ResetCode.TimedOut, $"The tunnel '{name}' did not open a stream within {OpenTimeout.TotalSeconds:0} s.");
        }
        finally
        {
            doors.Leave(door);
            tunnel.Meter.CloseStream();
        }
    }

    // What a policy refuses outright holds for everybody; where it says nothing, who may change a tunnel may use it.
    private bool MayUse(HubLink link, TunnelRecord record, RoutePolicy policy)
    {
        if (callers.Find(link.Principal.TokenId) is not { } caller)
            return false;
        var pass = new DoorPass { Kind = PassKind.Person, Key = new DoorKey(caller.Account, caller.TokenId), Person = keys.PersonOf(caller) };
        var answer = PassedDoor.Decide(policy, (link.Remote as IPEndPoint)?.Address, time, pass);
        return answer.IsAllowed || (answer.Rule < 0 && authority.May(caller, Permission.TunnelsWrite, record.Belonging));
    }
}
