using Adit.Hub.Access;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;

namespace Adit.Hub.Inspector;

/// <summary>
/// GET /api/v1/events: server-sent events until the listener leaves, its token is no longer good, or the hub stops. After a break nothing
/// is sent again: listeners read the state anew.
/// </summary>
internal sealed class EventStream(
    EventHub events, TunnelInspectors inspectors, Callers callers, Authority authority, TimeProvider time, IHostApplicationLifetime lifetime)
{
    private static readonly TimeSpan HeartbeatEvery = TimeSpan.FromSeconds(15);

    public async Task ServeAsync(HttpContext context, string? tunnel, string? requests, string? task)
    {
        // Asked anew for each event: roles and memberships change while somebody listens.
        var caller = context.Caller();
        bool May(Permission permission, Owned thing) => callers.Find(caller.TokenId) is { } now && authority.May(now, permission, thing);
        bool MaySee(Owned thing) => May(Permission.TunnelsRead, thing);
        bool MaySeeTask(Owned thing) => May(Permission.TasksRead, thing);
        bool MayInspect(Owned thing) => May(Permission.TunnelsWrite, thing);

        if (requests is not null && inspectors.Find(requests) is { } known && !MaySee(known.Belonging))
        {
            await Problems.NotFound($"tunnel '{requests}'").ExecuteAsync(context);
            return;
        }

        using var subscription = events.Subscribe(new EventFilter(caller.Account, MaySee, MayInspect, MaySeeTask, tunnel, requests, task));
        if (subscription is null)
        {
            await Problems.Of(
                StatusCodes.Status429TooManyRequests,
                "limit-reached",
                "Too many listen for events already; end some of them.").ExecuteAsync(context);
            return;
        }

        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["X-Accel-Buffering"] = "no"; // nginx would hold events back until its buffer is full.
        context.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await SendAsync(context, subscription, () => callers.Find(caller.TokenId) is not null, over.Token);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The listener left, or the hub stops; either way the answer simply ends.
        }
    }

    private async Task SendAsync(
        HttpContext context, EventSubscription subscription, Func<bool> isWelcome, CancellationToken cancellationToken)
    {
        var body = context.Response.Body;
        await body.WriteAsync(ServerEvent.Opening, cancellationToken);
        await body.FlushAsync(cancellationToken);
        while (isWelcome())
        {
            if (!await WaitAsync(subscription, cancellationToken))
                await body.WriteAsync(ServerEvent.Heartbeat, cancellationToken);
            if (subscription.TakeMissed() is > 0 and var missed)
                await body.WriteAsync(ServerEvent.Missed(missed), cancellationToken);
            while (subscription.Waiting.TryRead(out var happened))
                await body.WriteAsync(happened.Bytes, cancellationToken);
            await body.FlushAsync(cancellationToken);
        }
    }

    /// <summary>Whether an event came before it was time for a heartbeat.</summary>
    private async Task<bool> WaitAsync(EventSubscription subscription, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = time.CreateTimer(
            static p => ((CancellationTokenSource)p!).Cancel(), patience, HeartbeatEvery, Timeout.InfiniteTimeSpan);
        try
        {
            return await subscription.Waiting.WaitToReadAsync(patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
