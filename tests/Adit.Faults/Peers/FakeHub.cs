using System.Buffers.Binary;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Adit.Faults.Peers;

/// <summary>A hub that says what a test wants: the hub of a thief, or one of another version.</summary>
internal sealed class FakeHub : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeHub(WebApplication app) => _app = app;

    /// <summary>What clients said on their control connections.</summary>
    public Channel<string> Said { get; } = Channel.CreateUnbounded<string>();

    /// <summary>Data connections as they come, after their 101.</summary>
    public Channel<Stream> Data { get; } = Channel.CreateUnbounded<Stream>();

    public int Dialled { get; private set; }

    public string Url => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>Starts a hub that answers each hello with these messages.</summary>
    public static async Task<FakeHub> StartAsync(params string[] answers)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var hub = new FakeHub(app);
        app.UseWebSockets();
        app.Map("/_adit/link", context => hub.ControlAsync(context, answers));
        app.Map("/_adit/link/data", hub.DataAsync);
        app.MapFallback(() => Results.StatusCode(503));
        await app.StartAsync();
        return hub;
    }

    /// <summary>A record as it goes over the wire, with whatever length one likes.</summary>
    public static byte[] Record(byte type, string payload, int? length = null)
    {
        var bytes = Encoding.UTF8.GetBytes(payload);
        var record = new byte[4 + bytes.Length];
        BinaryPrimitives.WriteUInt32BigEndian(record, ((uint)type << 24) | (uint)(length ?? bytes.Length));
        bytes.CopyTo(record, 4);
        return record;
    }

    /// <summary>Reads one record; null when the client dropped the connection.</summary>
    public static async Task<(byte Type, byte[] Payload)?> ReadRecordAsync(Stream stream, CancellationToken cancellationToken)
    {
        try
        {
            var header = new byte[4];
            await stream.ReadExactlyAsync(header, cancellationToken);
            var word = BinaryPrimitives.ReadUInt32BigEndian(header);
            var payload = new byte[word & 0xFF_FFFF];
            await stream.ReadExactlyAsync(payload, cancellationToken);
            return ((byte)(word >> 24), payload);
        }
        catch (IOException)
        {
            return null;
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task ControlAsync(HttpContext context, string[] answers)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync("adit-link");
        var buffer = new byte[64 * 1024];
        for (var first = true; ; first = false)
        {
            var got = await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted);
            if (got.MessageType == WebSocketMessageType.Close)
            {
                return;
            }

            Said.Writer.TryWrite(Encoding.UTF8.GetString(buffer, 0, got.Count));
            foreach (var answer in first ? answers : [])
            {
                await socket.SendAsync(Encoding.UTF8.GetBytes(answer), WebSocketMessageType.Text, true, context.RequestAborted);
            }
        }
    }

    private async Task DataAsync(HttpContext context)
    {
        Dialled++;
        context.Response.Headers.Upgrade = "adit-link";
        var stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
        Data.Writer.TryWrite(stream);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
