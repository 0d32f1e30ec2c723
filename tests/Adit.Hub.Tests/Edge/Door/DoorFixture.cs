using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Door;
using Adit.Hub.Edge.Tls;
using Adit.Link;
using Adit.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Tests.Edge.Door;

/// <summary>A real Kestrel behind a real door, with a port in clear and one with TLS; every request is answered with the peer's address.</summary>
internal sealed class DoorFixture : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly OwnAuthority _authority;
    private WebApplication? _app;

    private DoorFixture()
    {
        _authority = OwnAuthority.Open(_directory.Path, TimeProvider.System.GetUtcNow());
        var (chain, key) = _authority.Issue(["hub.test", "*.hub.test", "127.0.0.1"], TimeProvider.System.GetUtcNow());
        Certificates.Publish(CertificateOrigin.Own, [PemPair.Load(chain, key, "test")]);
    }

    public CertificateSelector Certificates { get; } = new();

    public AcmeChallengeAnswers Answers { get; } = new();

    public RouteTable Routes { get; } = new();

    public DoorMeter Meter { get; } = new();

    public ConcurrentQueue<string> Log { get; } = new();

    public string Pin => _authority.Fingerprint;

    public int PlainPort { get; private set; }

    public int TlsPort { get; private set; }

    /// <summary>What takes data connections; by default it answers with the peer's address and ends.</summary>
    public Func<Wire, CancellationToken, Task> LinkData { get; set; } = async (wire, _) =>
    {
        var buffer = new byte[1024];
        var count = await wire.ReceiveAsync(buffer);
        await wire.SendAsync(System.Text.Encoding.ASCII.GetBytes($"link {count} {wire.Remote}"));
        wire.EndSending();
        wire.Close();
    };

    public static async Task<DoorFixture> StartAsync(
        DoorOptions? options = null, TimeProvider? time = null, int plainPort = 0, int tlsPort = 0)
    {
        var fixture = new DoorFixture();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(new QueueLogger(fixture.Log));
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(new DoorEndPoint(IPAddress.Loopback, plainPort, tls: false));
            kestrel.Listen(new DoorEndPoint(IPAddress.Loopback, tlsPort, tls: true), listen => listen.UseAditTls(fixture.Certificates));
        });
        builder.Services.AddSingleton<IConnectionListenerFactory>(services => new DoorListenerFactory(
            options ?? new DoorOptions(), new DoorHandlers { LinkData = (wire, ct) => fixture.LinkData(wire, ct) }, fixture.Routes,
            fixture.Certificates, fixture.Meter, time ?? TimeProvider.System, services.GetRequiredService<ILoggerFactory>()));
        fixture._app = builder.Build();
        fixture._app.Run(context => context.Response.WriteAsync(fixture.Answers.Find(context.Request.Path) ?? $"{context.Request.Protocol} {context.Connection.RemoteIpAddress}:{context.Connection.RemotePort}"));
        await fixture._app.StartAsync();
        var addresses = fixture._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        fixture.PlainPort = new Uri(addresses[0]).Port;
        fixture.TlsPort = new Uri(addresses[1]).Port;
        return fixture;
    }

    public static async Task<Socket> ConnectAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return socket;
    }

    /// <summary>Sends, then reads to the end of the connection, or to its break.</summary>
    public static async Task<string> ExchangeAsync(Socket socket, byte[] send)
    {
        await socket.SendAsync(send);
        return await ReadToEndAsync(socket);
    }

    public static async Task<string> ReadToEndAsync(Socket socket)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var all = new MemoryStream();
        var buffer = new byte[4096];
        try
        {
            for (int count; (count = await socket.ReceiveAsync(buffer, deadline.Token)) > 0;)
                all.Write(buffer, 0, count);
        }
        catch (SocketException)
        {
            // A reset is an end as well.
        }

        return System.Text.Encoding.Latin1.GetString(all.ToArray());
    }

    public async Task StopAsync() => await _app!.StopAsync();

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
        _authority.Dispose();
        _directory.Dispose();
    }

    private sealed class QueueLogger(ConcurrentQueue<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue(formatter(state, exception) + exception);

        public void Dispose()
        {
        }
    }
}
