using System.Net;
using System.Net.WebSockets;
using Adit.Hub.Edge;
using Adit.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Tests.Edge.Forwarding;

public sealed class Http2Tests
{
    [Fact]
    public async Task A_call_that_streams_both_ways_passes_with_its_trailers()
    {
        await using var app = await StartGrpcLikeAsync();
        await using var edge = await TestEdge.StartAsync(new Uri(app.Urls.First()).Port, protocol: UpstreamProtocol.Http2, front: HttpProtocols.Http2);
        using var client = new HttpMessageInvoker(LoopbackHttp.CreateHandler());
        var body = new DuplexBody();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{TestEdge.Host}:{edge.Port}/svc/Echo%2Fx")
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = body,
        };
        request.Headers.TryAddWithoutValidation("te", "trailers");
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var response = await client.SendAsync(request, deadline.Token);
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("/svc/Echo%2Fx trailers", response.Headers.GetValues("x-seen").Single());
        await using var answer = await response.Content.ReadAsStreamAsync(deadline.Token);
        var stream = await body.Stream.Task.WaitAsync(deadline.Token);
        var buffer = new byte[5];
        for (byte i = 0; i < 20; i++)
        {
            await stream.WriteAsync(new byte[] { 1, 2, 3, 4, i }, deadline.Token);
            await stream.FlushAsync(deadline.Token);
            await answer.ReadExactlyAsync(buffer, deadline.Token);
            Assert.Equal(i, buffer[4]);
        }

        body.Done.SetResult();
        Assert.Equal(0, await answer.ReadAsync(buffer, deadline.Token));
        Assert.Equal("0", response.TrailingHeaders.GetValues("grpc-status").Single());
        Assert.Equal(100, edge.Meter.BytesIn);
        Assert.Equal(100, edge.Meter.BytesOut);
    }

    [Fact]
    public async Task A_WebSocket_within_HTTP2_becomes_an_upgrade_at_the_application()
    {
        await using var server = new RawServer(async peer =>
        {
            var head = await peer.ReadHeadAsync();
            Assert.StartsWith("GET /ws HTTP/1.1\r\n", head);
            Assert.Contains("Upgrade: websocket\r\nSec-WebSocket-Key: ", head);
            await peer.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n\u0081\u0002hi");
            await peer.ReadToEndAsync();
        });
        await using var edge = await TestEdge.StartAsync(server.Port, front: HttpProtocols.Http2);
        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = HttpVersion.Version20;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using var invoker = new HttpMessageInvoker(LoopbackHttp.CreateHandler());
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await socket.ConnectAsync(new Uri($"ws://{TestEdge.Host}:{edge.Port}/ws"), invoker, deadline.Token);
        var buffer = new byte[16];
        var message = await socket.ReceiveAsync(buffer, deadline.Token);
        Assert.Equal(("hi", WebSocketMessageType.Text), (System.Text.Encoding.ASCII.GetString(buffer, 0, message.Count), message.MessageType));
    }

    private static async Task<WebApplication> StartGrpcLikeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        app.Run(async context =>
        {
            context.Response.Headers["x-seen"] = $"{context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget} {context.Request.Headers.TE}";
            await context.Response.Body.FlushAsync();
            var buffer = new byte[100];
            while (await context.Request.Body.ReadAsync(buffer) is > 0 and var count)
            {
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, count));
                await context.Response.Body.FlushAsync();
            }

            context.Response.AppendTrailer("grpc-status", "0");
        });
        await app.StartAsync();
        return app;
    }

    private sealed class DuplexBody : HttpContent
    {
        public TaskCompletionSource<Stream> Stream { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.FlushAsync();
            Stream.SetResult(stream);
            await Done.Task;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
