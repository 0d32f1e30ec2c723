using Adit.Hub.Edge.Gate;
using Adit.Link;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Edge.Forwarding;

/// <summary>
/// Forwards requests to upstreams that speak HTTP/1.1 on a stream of a link, working on Kestrel's features and on pooled buffers.
/// </summary>
/// <remarks>
/// <code>
///   visitor                    Kestrel            Forwarder                        LinkStream        client, application
///      | -- request head ------> | -- features -----> |                                 |                   |
///      |                         |          (1) admit: route up, gate, limits, shape    |                   |
///      |                         |          (2) write the head into a record            |                   |
///      |                         |          (3) take an idle connection or open one --> | -- OPEN --------> |
///      |                         |          (4) send head and small body in one record> | -- DATA --------> |
///      | -- body --------------> | -- PipeReader ---> (5) pump the rest, at its own --> | -- DATA --------> |
///      |                         |                        pace, while the answer comes  |                   |
///      |                         |          (6) receive the head of the answer  &lt;------ | &lt;- DATA --------- |
///      | &lt;- response head ------ | &lt;- (7) hand it on; 101 becomes two pumps    |                   |
///      | &lt;- body, trailers ----- | &lt;- (8) hand the body on, each run at once &lt; | &lt;- DATA --------- |
///      |                         |          (9) settle: connection back to the pool, closed, or reset       |
/// </code>
/// Whatever goes wrong before (7) is answered by the hub. After it, the visitor's connection is aborted: an answer that broke off must
/// not look complete.
/// </remarks>
internal sealed class Forwarder : IDisposable
{
    private const int MaxAttempts = 3;

    private readonly ForwarderOptions _options;
    private readonly TrustedProxies _trusted;
    private readonly Gatekeeper? _gate;
    private readonly TimeProvider _time;
    private readonly RequestIds _ids = new();
    private readonly Http2Forwarder _http2;
    private readonly RequestPump _pump;
    private readonly ResponseRelay _relay;
    private readonly ExchangeRecord _record;

    public Forwarder(ForwarderOptions options, TrustedProxies trusted, Gatekeeper? gate, TimeProvider time, ILogger<Forwarder> log)
    {
        _options = options;
        _trusted = trusted;
        _gate = gate;
        _time = time;
        Deadlines = new Deadlines(time);
        _http2 = new Http2Forwarder(options, trusted, time);
        _pump = new RequestPump(options, time);
        _relay = new ResponseRelay(options);
        _record = new ExchangeRecord(options, time, log);
    }

    /// <summary>The upstream connections there are, and their timer.</summary>
    public Deadlines Deadlines { get; }

    /// <summary>Answers for a host that no route has.</summary>
    public Task RefuseUnknownHostAsync(Visit visit)
    {
        visit.Id = _ids.Next();
        visit.Fail(ForwardError.NoSuchHost);
        return ErrorAnswer.WriteAsync(visit);
    }

    /// <summary>Forwards a request and its answer. Never throws.</summary>
    public async Task ForwardAsync(Visit visit, Route route)
    {
        visit.Route = route;
        visit.Id = IdOf(visit);
        var open = route.Meter.OpenStream();
        _record.Start(visit);
        try
        {
            Admit(visit, route, open);                                                               // (1)
            if (_gate is null && !route.Policy.IsOpen)
                throw new ForwardException(ForwardError.SignInNeeded);
            if (_gate?.Stop(visit, route) is { } answer)
            {
                route.Keeper?.Use.Ignore(Ignored.NotLetIn);
                await answer;
                return;
            }

            route.Keeper?.Use.Begin(visit);
            if (NeedsKeeper(visit, route) && !await route.Keeper!.StandInAsync(visit, route))
                route.Meter.AddRequest();
            else if (!route.Upstream.IsUp)
                throw new ForwardException(ForwardError.Offline);
            else if (route.Upstream.Protocol == UpstreamProtocol.Http2)
                await _http2.ExchangeAsync(visit, route);
            else
                await ExchangeAsync(visit, route);
        }
        catch (Exception e)
        {
            await GiveUpAsync(visit, e);
        }
        finally
        {
            _gate?.Leave(visit);
            route.Meter.CloseStream();
            _record.Complete(visit);
        }
    }

    public void Dispose() => Deadlines.Dispose();

    private static bool NeedsKeeper(Visit visit, Route route) =>
        route.Keeper is { } keeper && (!route.Upstream.IsUp || keeper.Sleeps || keeper.Owns(visit.Target));

    private void Admit(Visit visit, Route route, long open)
    {
        if (_trusted.Contains(visit.Peer))
        {
            if (visit.Request.Headers["X-Forwarded-Proto"].ToString() is "https")
                visit.Scheme = "https";
            visit.Client = ForwardedFields.Client(visit.Peer, _trusted, visit.Request.Headers["X-Forwarded-For"].ToString());
        }

        if (open > route.Limits.MaxConcurrent)
            throw new ForwardException(ForwardError.TooManyRequests);
        visit.Shape = RequestHead.Classify(visit);
        if (visit.Request.Headers.ContentLength > route.Limits.MaxRequestBytes)
            throw new ForwardException(ForwardError.RequestTooLarge);

        // The forwarder has its own bounds; Kestrel's are for the hub's API.
        if (visit.Shape != RequestShape.Bodiless)
        {
            if (visit.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
                size.MaxRequestBodySize = null;
            visit.Features.Get<Microsoft.AspNetCore.Server.Kestrel.Core.Features.IHttpMinRequestBodyDataRateFeature>()!.MinDataRate = null;
        }

        if (visit.Features.Get<Microsoft.AspNetCore.Server.Kestrel.Core.Features.IHttpMinResponseDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
    }

    private async Task ExchangeAsync(Visit visit, Route route)
    {
        RequestHead.Write(visit, route, _trusted);                                                   // (2)
        if (visit.Shape is RequestShape.Sized or RequestShape.Chunked)
            PrepareBody(visit);
        using var left = visit.Lifetime.RequestAborted.UnsafeRegister(static v => ((Visit)v!).Leave(), visit);
        for (var attempt = 1; ; attempt++)
        {
            var connection = route.Upstream.Idle.Take() ?? await OpenAsync(visit, route);            // (3)
            var pump = Task.CompletedTask;
            var settled = false;
            try
            {
                visit.Connection = connection;
                visit.AwaitsHead = true;
                if (visit.Continue is { Task.IsCompleted: true })
                    AwaitContinue(visit); // The attempt before this one gave up waiting.
                await connection.Stream.SendAsync(visit.Head.Record);                                // (4)
                if (visit.BodyReader is null || visit.BodyIsRead)
                    connection.ArmReceive(Wait.ResponseHead, route.Limits.ResponseHeadTimeout);
                else
                    pump = _pump.RunAsync(visit, connection);                                        // (5)
                var run = await ResponseRelay.ReceiveHeadAsync(visit, connection);                          // (6)
                visit.AwaitsHead = false;
                connection.DisarmReceive();
                visit.Head.Release();
                visit.Continue?.TrySetResult(false);
                if (connection.Head.Status == StatusCodes.Status101SwitchingProtocols)
                {
                    await UpgradeAsync(visit, connection, run);                                      // (7)
                    settled = true;
                    connection.Finish();
                    return;
                }

                AnswerHead(visit, connection.Head);                                                  // (7)
                var reusable = await _relay.RelayBodyAsync(visit, connection, run);                  // (8)
                if (visit.Error != ForwardError.None)
                    throw new ForwardException(visit.Error);
                settled = true;
                if (!pump.IsCompleted)
                    reusable &= await StopPumpAsync(visit, connection, pump);
                Settle(connection, reusable && (visit.BodyReader is null || visit.BodyIsRead));      // (9)
                return;
            }
            catch (Exception e) when (attempt < MaxAttempts && MayRetry(visit, connection, e))
            {
                // Once more, on another connection.
            }
            finally
            {
                if (!settled)
                    await DropAsync(visit, connection, pump);
            }
        }
    }

    // A body that is at hand goes with the head; the rest is pumped. Reading makes Kestrel say 100 (Continue), so with Expect it waits for
    // the upstream's own.
    private static void PrepareBody(Visit visit)
    {
        visit.BodyReader = visit.Features.Get<IRequestBodyPipeFeature>()!.Reader;
        if (HopByHop.AnyLists(visit.Request.Headers.Expect, "100-continue"))
            AwaitContinue(visit);
        else if (visit.Shape == RequestShape.Sized)
            RequestPump.TakeWhole(visit);
    }

    private static void AwaitContinue(Visit visit) =>
        visit.Continue = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);

    private async ValueTask<UpstreamConnection> OpenAsync(Visit visit, Route route)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(visit.Lifetime.RequestAborted);
        using var timer = _time.CreateTimer(
            static c => ((CancellationTokenSource)c!).Cancel(), enough, _options.Open, Timeout.InfiniteTimeSpan);
        try
        {
            return new UpstreamConnection(await route.Upstream.OpenAsync(visit.From, enough.Token), route.Upstream.Idle, Deadlines);
        }
        catch (OperationCanceledException)
        {
            throw new ForwardException(visit.VisitorLeft ? ForwardError.VisitorLeft : ForwardError.UpstreamConnectTimeout);
        }
    }

    // RFC 9110 section 9.2.2: what may be sent again is an idempotent request on a connection that the upstream may have closed while it
    // was idle, and any request that never reached the application.
    private static bool MayRetry(Visit visit, UpstreamConnection connection, Exception e)
    {
        if (visit.Error != ForwardError.None || !visit.AwaitsHead || visit.BodyIsTouched)
            return false;
        if (e is LinkStreamException { Code: var code } && !connection.IsReused && ForwardErrors.NeverArrived(code))
            return true;
        return connection.IsReused
            && e is LinkStreamException or ForwardException { Error: ForwardError.UpstreamClosed, Detail: null }
            && visit.Request.Method is "GET" or "HEAD" or "OPTIONS" or "TRACE" or "PUT" or "DELETE" or "QUERY" or "PROPFIND";
    }

    private static void AnswerHead(Visit visit, ResponseHead head)
    {
        ResponseRelay.AnswerHead(visit, head);
        visit.Route!.Keeper?.Use.Answered(visit);
        visit.Route.Meter.AddRequest();
        if (visit.Continue is not null && !visit.BodyIsTouched && visit.IsHttp11)
            visit.Response.Headers.Connection = "close"; // The visitor may send the body or not: nobody could tell what comes next.
    }

    private async Task UpgradeAsync(Visit visit, UpstreamConnection connection, Memory<byte> run)
    {
        if (visit.Shape is not (RequestShape.Upgrade or RequestShape.WebSocketOverHttp2))
            throw new BadResponseException("it switches protocols without being asked");
        ResponseRelay.AnswerHead(visit, connection.Head);
        visit.IsUpgraded = true;
        visit.Route!.Meter.AddRequest();
        var headers = visit.Response.Headers;
        Stream visitor;
        if (visit.Shape == RequestShape.WebSocketOverHttp2)
        {
            headers.Remove("Sec-WebSocket-Accept");
            visit.Response.StatusCode = StatusCodes.Status200OK;
            visitor = await visit.Features.Get<IHttpExtendedConnectFeature>()!.AcceptAsync();
        }
        else
        {
            headers.Upgrade = UpgradeOf(connection.Head);
            visitor = await visit.Features.Get<IHttpUpgradeFeature>()!.UpgradeAsync();
        }

        visit.Features.Get<IHalfCloseFeature>()?.AllowHalfClose();
        var ending = visit.Ending = EndingOf(visit, visitor, connection);
        await UpgradePump.RunAsync(visit, visitor, connection, run, ending, visit.Route.Keeper?.Use.Watch(visit, IsWebSocket(visit, connection)));
    }

    // What no gate let in is not ended by one; other protocols have no way to say why they end.
    private WebSocketEnding? EndingOf(Visit visit, Stream visitor, UpstreamConnection connection) =>
        visit.IsInside && IsWebSocket(visit, connection) ? new WebSocketEnding(visitor, connection.Stream, visit.Lifetime, _time) : null;

    private static bool IsWebSocket(Visit visit, UpstreamConnection connection) =>
        visit.Shape == RequestShape.WebSocketOverHttp2 || UpgradeOf(connection.Head).Equals("websocket", StringComparison.OrdinalIgnoreCase);

    private static string UpgradeOf(ResponseHead head)
    {
        for (var i = 0; i < head.Count; i++)
        {
            if (head.Role(i) == HeaderRole.Upgrade)
                return head.Value(i);
        }

        throw new BadResponseException("it switches protocols without naming one");
    }

    // The answer is complete and the body is not. Either its last piece is just leaving, or the application never wanted it.
    private static async Task<bool> StopPumpAsync(Visit visit, UpstreamConnection connection, Task pump)
    {
        if (!visit.BodyIsRead)
        {
            connection.Stream.Reset(ResetCode.None, "The answer is complete and the rest of the request not wanted.");
            connection.SendsNoMore = true;
            visit.BodyReader!.CancelPendingRead();
        }

        await pump;
        return visit.BodyIsRead && connection.Head.KeepAlive;
    }

    private void Settle(UpstreamConnection connection, bool reusable)
    {
        if (reusable)
            connection.Return(_options.UpstreamIdle);
        else
            connection.Finish();
    }

    private static async Task DropAsync(Visit visit, UpstreamConnection connection, Task pump)
    {
        visit.Connection = null;
        connection.DisarmReceive();
        connection.DisarmSend();
        connection.Stream.Reset(ResetCode.Cancelled, "The exchange broke off.");
        visit.Continue?.TrySetResult(false);
        if (!pump.IsCompleted)
        {
            connection.SendsNoMore = true;
            visit.BodyReader!.CancelPendingRead();
            await pump;
        }

        connection.Drop(ResetCode.Cancelled, "The exchange broke off.");
    }

    private async Task GiveUpAsync(Visit visit, Exception e)
    {
        switch (e)
        {
            case ForwardException f:
                visit.Fail(f.Error, f.Detail);
                break;
            case BadRequestException b:
                visit.Fail(b.Error, b.Message);
                break;
            case BadResponseException b:
                visit.Fail(ForwardError.ResponseInvalid, b.Message);
                break;
            case LinkStreamException l:
                visit.Fail(
                    visit.AwaitsHead || visit.Connection is null ? ForwardErrors.Of(l.Code) : ForwardError.UpstreamClosed, l.Message);
                break;
            case Exception when visit.VisitorLeft:
                visit.Fail(ForwardError.VisitorLeft);
                break;
            default:
                _record.Defect(visit, e);
                visit.Fail(ForwardError.Internal, e.GetType().Name);
                break;
        }

        try
        {
            if (visit.Response.HasStarted || visit.VisitorLeft)
            {
                visit.Lifetime.Abort();
                return;
            }

            visit.Route?.Meter.AddRequest();
            await ErrorAnswer.WriteAsync(visit);
        }
        catch (Exception late)
        {
            // The visitor went away while it was being told.
            visit.Lifetime.Abort();
            visit.Fail(ForwardError.VisitorLeft, late.Message);
        }
    }

    // A trusted proxy's id is kept so that its log and ours can be joined; anyone else's could be made up.
    private string IdOf(Visit visit)
    {
        if (_trusted.IsEmpty || !_trusted.Contains(visit.Peer))
            return _ids.Next();
        var sent = visit.Request.Headers["X-Request-Id"].ToString();
        return sent.Length is > 0 and <= 128 && sent.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') ? sent : _ids.Next();
    }
}
