using System.Buffers;
using System.Net;
using System.Text;
using Adit.Hub.Edge.Gate;
using Adit.Link;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Adit.Hub.Edge.Forwarding;

/// <summary>
/// Forwards to upstreams that speak HTTP/2 with prior knowledge (gRPC): one <see cref="SocketsHttpHandler"/> per upstream, over streams of
/// the link. Both bodies stream at once; trailers of the answer arrive. An upgrade is not possible here and its fields are not passed on.
/// </summary>
internal sealed class Http2Forwarder(ForwarderOptions options, TrustedProxies trusted, TimeProvider time)
{
    private static readonly UriCreationOptions AsSent = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <summary>Forwards a request that was admitted.</summary>
    public async Task ExchangeAsync(Visit visit, Route route)
    {
        if (visit.Shape == RequestShape.WebSocketOverHttp2)
            throw new ForwardException(ForwardError.MethodRefused);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(visit.Lifetime.RequestAborted);
        await using var late = time.CreateTimer(static c => ((CancellationTokenSource)c!).Cancel(), enough, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        // From the request's last byte: a stream of requests may well last longer than the answer's head takes.
        void AwaitHead() => late.Change(visit.AwaitsHead ? route.Limits.ResponseHeadTimeout : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        using var request = MakeRequest(visit, route, AwaitHead);
        visit.AwaitsHead = true;
        if (request.Content is null)
            AwaitHead();
        try
        {
            using var response = await route.Upstream.Http2Invoker(options).SendAsync(request, enough.Token);
            visit.AwaitsHead = false;
            late.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            AnswerHead(visit, response);
            route.Keeper?.Use.Answered(visit);
            route.Meter.AddRequest();
            await AnswerBodyAsync(visit, response, enough.Token);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            throw new ForwardException(Meaning(visit, e), e.InnerException?.Message);
        }
    }

    /// <summary>The handler of one upstream.</summary>
    public static HttpMessageInvoker CreateInvoker(Upstream upstream, ForwarderOptions options) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        EnableMultipleHttp2Connections = true,
        PooledConnectionIdleTimeout = options.UpstreamIdle,
        ConnectTimeout = options.Open,
        MaxResponseHeadersLength = ResponseHead.MaxLength / 1024,
        RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        ConnectCallback = async (_, cancellationToken) => (await upstream.OpenAsync(null, cancellationToken)).AsStream(),
    });

    private HttpRequestMessage MakeRequest(Visit visit, Route route, Action whenSent)
    {
        var sent = visit.Request;
        if (!visit.Target.StartsWith('/') && visit.Target != "*")
            throw new BadRequestException(ForwardError.BadRequest, "Its target is neither a path nor a URL.");
        var target = visit.Target == "*" ? "/" : visit.Target;
        var request = new HttpRequestMessage(new HttpMethod(sent.Method), new Uri("http://upstream" + target, AsSent))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (visit.Shape is RequestShape.Sized or RequestShape.Chunked)
            request.Content = new VisitorBody(visit, whenSent);
        var connection = sent.Headers.Connection;
        var namesFields = connection.Count > 0 && HopByHop.NamesFields(connection);
        foreach (var (name, values) in sent.Headers)
        {
            if (visit.Span is not null && RequestHead.IsTrace(name))
                continue;
            if (RequestHead.Passed(
                visit, name, HeaderRoles.Of(name), values, connection, namesFields, route.Transforms) is { Count: > 0 } passed)
                Add(request, name, passed);
        }

        request.Headers.Host = route.Transforms.Host ?? visit.Authority;
        foreach (var line in ForwardedFields.Of(visit, trusted).Split("\r\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = line.IndexOf(':');
            Add(request, line[..colon], line[(colon + 2)..]);
        }

        if (visit.Prefix.Length > 0)
            Add(request, ForwardedFields.Prefix, visit.Prefix);
        Add(request, "X-Request-Id", visit.Id);
        if (visit.Span is { } span)
        {
            Add(request, "traceparent", span.Id);
            if (span.TraceStateString is { Length: > 0 } state)
                Add(request, "tracestate", state);
        }

        foreach (var (name, value) in RequestHead.IdentityOf(visit, route))
            Add(request, name, value);
        foreach (var (name, value) in route.Transforms.SetRequestHeaders)
            Add(request, name, value);
        return request;
    }

    private static void Add(HttpRequestMessage request, string name, StringValues values)
    {
        if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
            request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
    }

    private static void AnswerHead(Visit visit, HttpResponseMessage response)
    {
        visit.Response.StatusCode = (int)response.StatusCode;
        var headers = visit.Response.Headers;
        var transforms = visit.Route!.Transforms;
        foreach (var fields in new[] { response.Headers.NonValidated, response.Content.Headers.NonValidated })
        {
            foreach (var (name, values) in fields)
            {
                var role = HeaderRoles.Of(name);
                if (role is HeaderRole.HopByHop or HeaderRole.Connection or HeaderRole.ContentLength or HeaderRole.TransferEncoding
                    or HeaderRole.Upgrade or HeaderRole.RequestId or HeaderRole.Host or HeaderRole.Te or HeaderRole.Expect
                    || transforms.RemoveResponseHeaders.Contains(name, StringComparer.OrdinalIgnoreCase))
                {
                    continue;
                }

                foreach (var value in values)
                {
                    if (ResponseGuard.Passed(visit, role, name, value) is { } passed)
                        headers[name] = StringValues.Concat(headers[name], passed);
                }
            }
        }

        if (response.Content.Headers.ContentLength is { } length && response.StatusCode != HttpStatusCode.NoContent)
            headers.ContentLength = length;
        headers["X-Request-Id"] = visit.Id;
        foreach (var (name, value) in transforms.SetResponseHeaders)
            headers[name] = value;
        ResponseGuard.Complete(visit);
    }

    private static async Task AnswerBodyAsync(Visit visit, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var writer = visit.ResponseBody.Writer;
        var hasBody = visit.Request.Method != "HEAD" && response.StatusCode is not (HttpStatusCode.NoContent or HttpStatusCode.NotModified);
        var ownChunks = visit.IsHttp11 && hasBody && response.Content.Headers.ContentLength is null;
        if (ownChunks)
            visit.Response.Headers.TransferEncoding = "chunked";
        await visit.ResponseBody.StartAsync(cancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var array = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            // The head goes out at once: in a call that streams both ways the visitor may wait for it before it sends more.
            for (var count = 0; ;)
            {
                if ((await writer.FlushAsync(cancellationToken)).IsCompleted)
                    throw new ForwardException(ForwardError.VisitorLeft);
                count = await body.ReadAsync(array, cancellationToken);
                if (count == 0 || !hasBody)
                    break;
                if (ownChunks)
                    OutgoingChunks.WriteSize(writer, count);
                writer.Write(array.AsSpan(0, count));
                if (ownChunks)
                    writer.Write("\r\n"u8);
                visit.Watcher?.ResponseBody(array.AsSpan(0, count));
                visit.BytesOut += count;
                visit.Route!.Meter.AddBytesOut(count);
                if (visit.Route.Limits.Bandwidth is { } bandwidth)
                    await bandwidth.SpendAsync(count, cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(array);
        }

        var trailers = response.TrailingHeaders.NonValidated
            .Select(t => KeyValuePair.Create(t.Key, t.Value.ToString())).Where(t => HeaderRoles.MayBeTrailer(t.Key)).ToArray();
        if (ownChunks)
        {
            OutgoingChunks.WriteEnd(writer, trailers);
            await writer.FlushAsync(cancellationToken);
        }
        else if (visit.Features.Get<IHttpResponseTrailersFeature>() is { } feature)
        {
            foreach (var (name, value) in trailers)
                feature.Trailers.Append(name, value);
        }
    }

    private static ForwardError Meaning(Visit visit, Exception e)
    {
        if (visit.Error != ForwardError.None)
            return visit.Error;
        if (visit.Lifetime.RequestAborted.IsCancellationRequested)
            return ForwardError.VisitorLeft;
        for (var cause = e; cause is not null; cause = cause.InnerException)
        {
            if (cause is LinkStreamException link)
                return ForwardErrors.Of(link.Code);
        }

        return e switch
        {
            OperationCanceledException => ForwardError.ResponseHeadTimeout,
            HttpRequestException { HttpRequestError: HttpRequestError.HttpProtocolError or HttpRequestError.InvalidResponse } =>
                ForwardError.ResponseInvalid,
            _ => ForwardError.UpstreamClosed,
        };
    }

    // The visitor's body as HttpClient wants it: pulled from Kestrel as fast as the upstream's window opens.
    private sealed class VisitorBody(Visit visit, Action whenSent) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            var reader = visit.Features.Get<IRequestBodyPipeFeature>()!.Reader;
            await stream.FlushAsync(cancellationToken); // The head, before the visitor has sent anything.
            while (true)
            {
                var result = await reader.ReadAsync(cancellationToken);
                foreach (var segment in result.Buffer)
                {
                    await stream.WriteAsync(segment, cancellationToken);
                    visit.Watcher?.RequestBody(segment.Span);
                    visit.BytesIn += segment.Length;
                    visit.Route!.Meter.AddBytesIn(segment.Length);
                }

                if (visit.BytesIn > visit.Route!.Limits.MaxRequestBytes)
                {
                    visit.Fail(ForwardError.RequestTooLarge);
                    throw new IOException("The request is larger than the route accepts.");
                }

                await stream.FlushAsync(cancellationToken);
                if (visit.Route.Limits.Bandwidth is { } bandwidth && (int)result.Buffer.Length is > 0 and var count)
                    await bandwidth.SpendAsync(count, cancellationToken);
                reader.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                    break;
            }

            visit.BodyIsRead = true;
            whenSent();
        }

        protected override bool TryComputeLength(out long length)
        {
            length = visit.Request.Headers.ContentLength ?? -1;
            return length >= 0;
        }
    }
}
