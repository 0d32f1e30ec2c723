using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;

namespace Adit.Link;

/// <summary>
/// Makes a client's connections to its hub: TCP, through an HTTP proxy where one is set, with TLS where the hub has it; then the request
/// that makes it a control or a data connection.
/// </summary>
internal sealed class HubDialer(LinkClientOptions options)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);
    private const int MaxHead = 16 * 1024;

    private volatile bool _webSocketData = options.WebSocketData;

    private bool IsTls => options.Hub.Scheme is "https" or "wss";

    /// <summary>Opens the control connection.</summary>
    /// <exception cref="LinkRefusedException">The hub answered that it will not.</exception>
    /// <exception cref="Exception">
    /// The hub could not be reached: one that <see cref="Wire.IsBroken"/> knows, or <see cref="HttpRequestException"/>.
    /// </exception>
    public async Task<WebSocket> DialControlAsync(CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Timeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var (stream, _) = await ConnectAsync(null, either.Token);
        try
        {
            return await UpgradeToWebSocketAsync(stream, LinkProtocol.ControlPath, "Bearer " + options.Token, either.Token);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a data connection with a ticket.</summary>
    /// <inheritdoc cref="DialControlAsync" path="/exception"/>
    public async Task<Wire> DialDataAsync(string ticket, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Timeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var isWebSocket = _webSocketData; // Another dial may learn meanwhile that it has to be.
        var (stream, socket) = await ConnectAsync(isWebSocket ? null : LinkProtocol.DataUpgrade, either.Token);
        try
        {
            if (isWebSocket)
                return new StreamWire(
                    WebSocketStream.Create(
                        await UpgradeToWebSocketAsync(stream, LinkProtocol.DataPath, "Ticket " + ticket, either.Token),
                        WebSocketMessageType.Binary,
                        ownsWebSocket: true),
                    null,
                    stream.Dispose,
                    socket: socket);
            var answer = await RequestAsync(stream, DataRequest(ticket), either.Token);
            if (answer.Status == 101
                && string.Equals(answer.Header("Upgrade"), LinkProtocol.DataUpgrade, StringComparison.OrdinalIgnoreCase))
                return ToWire(stream, socket, answer.Rest);
            if (answer.Status is not 401 and < 500)
                _webSocketData = true; // Something between does not let this upgrade through; WebSocket it knows. The ticket may be spent: the hub asks again.
            throw new IOException($"The hub's answer to a data connection was {answer.Status}: {answer.Sentence}");
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    // ---- TCP, proxy, TLS ---------------------------------------------------------------------------------------------------------

    private async Task<(Stream Stream, Socket Socket)> ConnectAsync(string? alpn, CancellationToken cancellationToken)
    {
        var hub = options.Hub;
        var proxy = options.Proxy is { } p && !p.IsBypassed(hub) ? p.GetProxy(hub) : null;
        var socket = await SocketDialer.ConnectAsync(proxy?.IdnHost ?? hub.IdnHost, proxy?.Port ?? hub.Port, cancellationToken);
        if (alpn is not null)
            KernelBuffers.BoundReceive(socket);
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            if (proxy is not null)
                await TunnelThroughAsync(stream, proxy, cancellationToken);
            if (!IsTls)
                return (stream, socket);
            var tls = new TlsStream(stream);
            stream = tls;
            await tls.AuthenticateAsClientAsync(
                options.Trust.OptionsFor(
                    hub.IdnHost,
                    hub.Port,
                    alpn is null ? [SslApplicationProtocol.Http11] : [new SslApplicationProtocol(alpn), SslApplicationProtocol.Http11]),
                cancellationToken);
            return (tls, socket);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    // RFC 9110 9.3.6. Also for a hub without TLS: an ordinary proxied request cannot be upgraded.
    private async Task TunnelThroughAsync(Stream stream, Uri proxy, CancellationToken cancellationToken)
    {
        var authority = $"{options.Hub.IdnHost}:{options.Hub.Port}";
        var head = new StringBuilder($"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n");
        if (options.Proxy?.Credentials?.GetCredential(proxy, "Basic") is { } credential)
            head.Append(
                "Proxy-Authorization: Basic "
                    + $"{Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.UserName}:{credential.Password}"))}\r\n");
        var answer = await RequestAsync(stream, head.Append("\r\n").ToString(), cancellationToken);
        if (answer.Status is < 200 or > 299)
            throw new IOException(
                $"The proxy {proxy.Host}:{proxy.Port} refused to connect to {authority}: {answer.Status} {answer.Sentence}");
    }

    private static Wire ToWire(Stream stream, Socket socket, ReadOnlyMemory<byte> unread) =>
        stream is NetworkStream network
            ? new SocketWire(network.Socket, unread)
            : new StreamWire(stream, null, null, unread, socket);

    // ---- Requests ----------------------------------------------------------------------------------------------------------------

    private string DataRequest(string ticket) =>
        $"GET {LinkProtocol.DataPath} HTTP/1.1\r\nHost: {options.Hub.Authority}\r\nConnection: Upgrade\r\nUpgrade: "
            + $"{LinkProtocol.DataUpgrade}\r\nAuthorization: Ticket {ticket}\r\n\r\n";

    private async Task<WebSocket> UpgradeToWebSocketAsync(
        Stream stream, string path, string authorization, CancellationToken cancellationToken)
    {
        var key = Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16));
        var answer = await RequestAsync(
            stream,
            $"GET {path} HTTP/1.1\r\nHost: {options.Hub.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
                + "13\r\n"
            + $"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: {LinkProtocol.SubProtocol}\r\nAuthorization: {authorization}\r\n\r\n",
            cancellationToken);
        switch (answer.Status)
        {
            case 101 when answer.Header("Sec-WebSocket-Accept") == WebSocketAccept(key):
                return WebSocket.CreateFromStream(
                    answer.Rest.IsEmpty ? stream : new PrefixedStream(stream, answer.Rest),
                    new WebSocketCreationOptions { SubProtocol = LinkProtocol.SubProtocol, KeepAliveInterval = TimeSpan.Zero });
            case 401 or 403:
                throw new LinkRefusedException("unauthorized", $"The hub {options.Hub} refused the token: {answer.Sentence}");
            case 429 or >= 500:
                throw new IOException($"The hub {options.Hub} answered {answer.Status}: {answer.Sentence}");
            default:
                throw new LinkRefusedException(
                    "not-a-hub",
                    $"{options.Hub} does not answer as an Adit hub does ({answer.Status} {answer.Sentence}); check the address.");
        }
    }

    // RFC 6455 4.2.2. SHA-1 is what the protocol says; it proves only that the other side speaks WebSocket.
    private static string WebSocketAccept(string key) =>
#pragma warning disable CA5350
        Convert.ToBase64String(
            System.Security.Cryptography.SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350

    private static async Task<Answer> RequestAsync(Stream stream, string head, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head), cancellationToken);
        var buffer = new byte[MaxHead];
        for (var length = 0; length < MaxHead;)
        {
            var count = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
            if (count == 0)
                throw new IOException("The connection was closed before an answer came.");
            length += count;
            var end = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
                return Answer.Parse(Encoding.Latin1.GetString(buffer, 0, end), buffer.AsMemory(end + 4, length - end - 4));
        }

        throw new IOException($"The head of the answer is longer than {MaxHead} bytes.");
    }

    private sealed record Answer(int Status, string[] Lines, ReadOnlyMemory<byte> Rest)
    {
        // A short plain-text body says more than the reason phrase; a problem document's title is in there too.
        public string Sentence
        {
            get
            {
                var body = Encoding.UTF8.GetString(Rest.Span[..Math.Min(Rest.Length, 512)]).ReplaceLineEndings(" ").Trim();
                return body.Length > 0 ? ProblemSentence.Of(body) : Lines[0].Split(' ', 3).ElementAtOrDefault(2) ?? "";
            }
        }

        public static Answer Parse(string head, ReadOnlyMemory<byte> rest)
        {
            var lines = head.Split("\r\n");
            return StatusOf(lines[0]) is { } status ? new Answer(status, lines, rest) : throw new IOException("The answer is not HTTP/1.1.");
        }

        // RFC 9112 section 4: HTTP-version SP 3DIGIT SP [reason-phrase]. Some servers leave the last space out with the reason.
        private static int? StatusOf(string line) =>
            line.Length >= 12 && line.StartsWith("HTTP/1.", StringComparison.Ordinal) && char.IsAsciiDigit(line[7]) && line[8] == ' '
            && (line.Length == 12 || line[12] == ' ')
            && int.TryParse(line.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status >= 100
                ? status
                : null;

        public string? Header(string name)
        {
            foreach (var line in Lines.Skip(1))
            {
                if (line.Length > name.Length && line[name.Length] == ':' && line.StartsWith(name, StringComparison.OrdinalIgnoreCase))
                    return line[(name.Length + 1)..].Trim();
            }

            return null;
        }
    }
}
