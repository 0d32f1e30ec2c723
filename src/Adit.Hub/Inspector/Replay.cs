using System.Net;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Forwarding;
using Adit.Link;

namespace Adit.Hub.Inspector;

/// <summary>
/// Sends a recorded request once more to the application behind its tunnel, changed on the way as any other request is, and records what
/// comes of it as a new one.
/// </summary>
internal sealed class Replay(HubOptions options, RequestArchive archive, TimeProvider time)
{
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(60);

    private readonly RequestIds _ids = new();

    /// <summary>Why a recording cannot be sent again; null when it can.</summary>
    public static string? Refusal(Recording recording)
    {
        if (recording.Request.IsTruncated || (recording.Request.Bytes.IsEmpty && recording.Exchange.BytesIn > 0))
            return "Its body was longer than what the inspector keeps, so it cannot be sent again.";
        if (recording.Exchange.Status == (int)HttpStatusCode.SwitchingProtocols || recording.Exchange.Method == "CONNECT")
            return "It became a connection of another protocol (such as a WebSocket), which cannot be sent again.";
        return recording.Exchange.Target.StartsWith('/') ? null : "Its target is not a path, so it cannot be sent again.";
    }

    /// <summary>Sends it and records the answer. Failures of the application or of its client are part of the recording.</summary>
    public async Task<Recording> RunAsync(Recording original, Route route, CancellationToken cancellationToken)
    {
        var id = _ids.Next();
        using var request = Request(original, route, id);
        var exchange = new Exchange
        {
            Id = id,
            At = time.GetUtcNow(),
            Method = original.Exchange.Method,
            Target = original.Exchange.Target,
            Remote = original.Exchange.Remote,
            RequestHeaders = Fields(request.Headers.NonValidated, request.Content?.Headers.NonValidated),
            BytesIn = original.Request.Bytes.Length,
        };
        var recording = new Recording(exchange, options.InspectBodyBytes, archive, original.Exchange.Id);
        recording.RequestBody(original.Request.Bytes);
        var started = time.GetTimestamp();
        route.Meter.OpenStream();
        try
        {
            await SendAsync(request, route, recording, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or LinkStreamException or OperationCanceledException)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                archive.Discard(recording);
                throw;
            }

            exchange.Error = e is OperationCanceledException
                ? "The application did not answer in time."
                : e.InnerException is LinkStreamException inner ? inner.Message : e.Message;
            if (exchange.Status == 0)
                exchange.Status = e is OperationCanceledException ? (int)HttpStatusCode.GatewayTimeout : (int)HttpStatusCode.BadGateway;
        }
        finally
        {
            route.Meter.CloseStream();
        }

        exchange.Duration = time.GetElapsedTime(started);
        route.Meter.AddRequest();
        route.Meter.AddBytesIn(exchange.BytesIn);
        route.Meter.AddBytesOut(exchange.BytesOut);
        route.Meter.Answered(exchange.Status, exchange.Duration);
        return recording;
    }

    private async Task SendAsync(HttpRequestMessage request, Route route, Recording recording, CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var most = route.Limits.ResponseHeadTimeout < MostTime ? route.Limits.ResponseHeadTimeout : MostTime;
        using var timer = time.CreateTimer(static e => ((CancellationTokenSource)e!).Cancel(), enough, most, Timeout.InfiniteTimeSpan);
        using var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            // The stream belongs to the handler from here on, and ends with it.
            ConnectCallback = async (_, token) => (await route.Upstream.OpenAsync("replay", token)).AsStream(),
        };
        using var client = new HttpMessageInvoker(handler);
        using var response = await client.SendAsync(request, enough.Token);
        var exchange = recording.Exchange;
        exchange.Status = (int)response.StatusCode;
        exchange.ResponseHeaders = Fields(response.Headers.NonValidated, response.Content.Headers.NonValidated);
        await using var body = await response.Content.ReadAsStreamAsync(enough.Token);
        var buffer = new byte[16 * 1024];
        // What is not kept is not fetched: nobody would see it.
        while (!recording.Response.IsTruncated && await body.ReadAsync(buffer, enough.Token) is > 0 and var count)
        {
            recording.ResponseBody(buffer.AsSpan(0, count));
            exchange.BytesOut += count;
        }
    }

    private HttpRequestMessage Request(Recording original, Route route, string id)
    {
        var exchange = original.Exchange;
        var host = exchange.RequestHeaders.FirstOrDefault(static h => h.Key.Equals("Host", StringComparison.OrdinalIgnoreCase)).Value
            ?? options.Domain;
        // The target goes out as it came in: nothing is decoded, encoded or shortened.
        var target = new Uri(
            "http://" + route.Upstream.Authority + exchange.Target,
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var request = new HttpRequestMessage(new HttpMethod(exchange.Method), target)
        {
            Version = route.Upstream.Protocol == UpstreamProtocol.Http2 ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (!original.Request.Bytes.IsEmpty)
            request.Content = new ByteArrayContent(original.Request.Bytes.ToArray());
        foreach (var (name, value) in exchange.RequestHeaders)
        {
            if (HeaderRoles.Of(name) is HeaderRole.EndToEnd or HeaderRole.Cookie or HeaderRole.Authorization && !IsTaken(name, route.Transforms)
                && HubCredentials.Without(name, value) is { } left)
                Add(request, name, left);
        }

        request.Headers.Host = route.Transforms.Host ?? host;
        Add(request, "X-Request-Id", id);
        Add(request, "X-Forwarded-For", exchange.Remote ?? "unknown");
        Add(request, "X-Forwarded-Host", host);
        Add(request, "X-Forwarded-Proto", options.ListenTls.Count > 0 ? "https" : "http");
        foreach (var (name, value) in route.Transforms.SetRequestHeaders)
            Add(request, name, value);
        return request;
    }

    private static bool IsTaken(string name, RouteTransforms transforms) =>
        transforms.RemoveRequestHeaders.Contains(name, StringComparer.OrdinalIgnoreCase)
        || transforms.SetRequestHeaders.Any(set => set.Key.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static void Add(HttpRequestMessage request, string name, string value)
    {
        if (!request.Headers.TryAddWithoutValidation(name, value))
            request.Content?.Headers.TryAddWithoutValidation(name, value);
    }

    private static List<KeyValuePair<string, string>> Fields(
        System.Net.Http.Headers.HttpHeadersNonValidated head, System.Net.Http.Headers.HttpHeadersNonValidated? content)
    {
        var fields = new List<KeyValuePair<string, string>>();
        foreach (var (name, values) in content is { } more ? head.Concat(more) : head)
        {
            foreach (var value in values)
                fields.Add(new(name, value));
        }

        return fields;
    }
}
