using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Adit.Runner.Executors;

/// <summary>
/// The Engine API of Docker, and of what speaks it, over its local socket: https://docs.docker.com/reference/api/engine/. Says what is asked for as JSON and
/// gives what is answered as JSON; which fields these have is its callers' business. Safe for concurrent use.
/// </summary>
internal sealed class DockerEngine : IDisposable
{
    // What we are written for. An older engine is asked in its own version; all that is used was there in 1.41 (Docker 20.10).
    private const string Version = "1.44";
    private const int LargestHead = 16 * 1024;
    private const int LargestMessage = 4096;

    private readonly string _socket;
    private readonly TimeSpan _patience;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private string? _version;

    /// <summary>Speaks with the engine at a socket; connects when it is asked something.</summary>
    public DockerEngine(string socket, TimeSpan patience, TimeProvider time)
    {
        _socket = socket;
        _patience = patience;
        _time = time;
        _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) => new NetworkStream(await ConnectAsync(cancellationToken), ownsSocket: true),
            UseProxy = false,
            UseCookies = false,
        })
        {
            BaseAddress = new Uri("http://docker"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Asks something that is answered at once.</summary>
    /// <returns>The answer; null when it has none.</returns>
    /// <exception cref="DockerException">The engine refuses, or does not answer.</exception>
    public async Task<JsonElement?> AskAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(_patience, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            using var response = await SendAsync(method, path, body, null, both.Token);
            var bytes = await response.Content.ReadAsByteArrayAsync(both.Token);
            if (bytes.Length == 0 || response.Content.Headers.ContentType?.MediaType != "application/json")
                return null;
            using var document = JsonDocument.Parse(bytes);
            return document.RootElement.Clone();
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new DockerException(null, $"Docker does not answer within {_patience.TotalSeconds:0} s");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException)
        {
            throw Silent(e);
        }
    }

    /// <summary>Asks something whose answer takes its time or does not end. The caller disposes the response.</summary>
    /// <param name="method">How.</param>
    /// <param name="path">What, with its query.</param>
    /// <param name="headers">Further headers.</param>
    /// <param name="cancellationToken">Ends the wait for the head.</param>
    /// <exception cref="DockerException">The engine refuses, or does not answer.</exception>
    public async Task<HttpResponseMessage> OpenAsync(
        HttpMethod method, string path, IReadOnlyDictionary<string, string>? headers, CancellationToken cancellationToken)
    {
        try
        {
            return await SendAsync(method, path, null, headers, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Silent(e);
        }
    }

    /// <summary>
    /// Asks something after which the connection is the program's own, both ways. HttpClient cannot close one direction alone, so this speaks HTTP
    /// itself: a request and the head of its answer.
    /// </summary>
    /// <exception cref="DockerException">The engine refuses, or does not answer.</exception>
    public async Task<Socket> HijackAsync(string path, JsonObject body, CancellationToken cancellationToken)
    {
        var socket = await ConnectAsync(cancellationToken);
        try
        {
            var content = body.ToJsonString();
            var version = await VersionAsync(cancellationToken);
            var request = string.Create(
                CultureInfo.InvariantCulture,
                $"POST /v{version}{path} HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n" +
                $"Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(content)}\r\n\r\n{content}");
            await socket.SendAsync(Encoding.UTF8.GetBytes(request), cancellationToken);
            // Byte by byte: what follows the head is not ours.
            var head = new StringBuilder();
            var one = new byte[1];
            while (!EndsHead(head))
            {
                if (head.Length > LargestHead || await socket.ReceiveAsync(one, cancellationToken) == 0)
                    throw new DockerException(null, "Docker broke the connection off");
                head.Append((char)one[0]);
            }

            var status = head.ToString(9, 3);
            if (status is not ("101" or "200"))
                throw new DockerException((HttpStatusCode)int.Parse(status, CultureInfo.InvariantCulture), "Docker does not run it: " + head.ToString().Split('\r')[0]);
            return socket;
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (e is SocketException)
                throw Silent(e);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static bool EndsHead(StringBuilder head) =>
        head.Length >= 4 && head[^1] == '\n' && head[^2] == '\r' && head[^3] == '\n' && head[^4] == '\r';

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, JsonObject? body, IReadOnlyDictionary<string, string>? headers, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, $"/v{await VersionAsync(cancellationToken)}{path}");
        if (body is not null)
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        foreach (var (name, value) in headers ?? new Dictionary<string, string>())
            request.Headers.TryAddWithoutValidation(name, value);
        var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.NotModified)
            return response;
        using (response)
            throw new DockerException(response.StatusCode, await MessageAsync(response, cancellationToken));
    }

    private static async Task<string> MessageAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        try
        {
            using var document = JsonDocument.Parse(text);
            text = document.RootElement.GetProperty("message").GetString() ?? text;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // As it is.
        }

        return text.Length <= LargestMessage ? text.Trim() : text[..LargestMessage];
    }

    // The older of what we know and what the engine does. An engine too new for us says so itself.
    private async ValueTask<string> VersionAsync(CancellationToken cancellationToken)
    {
        if (_version is not null)
            return _version;
        using var response = await _http.GetAsync(new Uri("/_ping", UriKind.Relative), cancellationToken);
        var theirs = response.Headers.TryGetValues("Api-Version", out var values) ? values.First() : Version;
        return _version = System.Version.TryParse(theirs, out var v) && v < System.Version.Parse(Version) ? theirs : Version;
    }

    private async Task<Socket> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_socket), cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private DockerException Silent(Exception e) =>
        new(null, $"Docker does not answer at '{_socket}' ({(e.InnerException ?? e).Message.TrimEnd('.')})", e);
}
