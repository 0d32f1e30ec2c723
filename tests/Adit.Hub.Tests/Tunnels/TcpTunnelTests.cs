using System.Net;
using System.Net.Sockets;
using System.Text;
using Adit.Api;
using Adit.Hub.Tests.Edge.Forwarding;
using Adit.Link;
using Adit.Testing;

namespace Adit.Hub.Tests.Tunnels;

public sealed class TcpTunnelTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_free_port_of_the_range_is_given_carries_bytes_and_is_closed_with_the_tunnel()
    {
        await using var server = Echo();
        await using var hub = await TestHub.StartAsync();
        var tunnel = await hub.CreateAsync(Tcp("db", server.Port, await hub.LinkAsync(), 0));
        Assert.InRange(tunnel.Port!.Value, 15_000, 20_999);
        Assert.Equal($"tcp://127.0.0.1:{tunnel.Port}", tunnel.Url);
        await using (var visitor = await RawPeer.ConnectAsync(tunnel.Port.Value))
        {
            await visitor.SendAsync("hello");
            visitor.EndSending();
            Assert.Equal("hello", await visitor.ReadToEndAsync());
        }

        using var api = hub.Api();
        Assert.Equal(HttpStatusCode.NoContent, (await api.DeleteAsync("/api/v1/tunnels/db")).StatusCode);
        await Assert.ThrowsAsync<SocketException>(() => RawPeer.ConnectAsync(tunnel.Port.Value));
    }

    [Fact]
    public async Task A_port_outside_of_the_ranges_or_in_use_is_refused()
    {
        await using var hub = await TestHub.StartAsync();
        var client = await hub.LinkAsync();
        using (var outside = await hub.PostAsync(Tcp("db", 1, client, 22)))
            Assert.Equal("invalid", await TestHub.CodeAsync(outside));
        var held = (await hub.CreateAsync(Tcp("one", 1, client, 0))).Port!.Value;
        using (var taken = await hub.PostAsync(Tcp("two", 1, client, held)))
        {
            Assert.Equal(HttpStatusCode.Conflict, taken.StatusCode);
            Assert.Equal("port-taken", await TestHub.CodeAsync(taken));
        }

        Assert.Null(hub.Registry.Find("two"));
        Assert.Equal(1, hub.Registry.Count.All);
    }

    [Fact]
    public async Task When_all_ports_are_taken_the_next_is_told_so_and_a_freed_one_is_given_again()
    {
        var first = Ports.Free();
        await using var hub = await TestHub.StartAsync(change: o => o with { TcpPorts = [new PortRange(first, first)] });
        var client = await hub.LinkAsync();
        await hub.CreateAsync(Tcp("one", 1, client, 0));
        using (var none = await hub.PostAsync(Tcp("two", 1, client, 0)))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, none.StatusCode);
            Assert.Equal("ports-exhausted", await TestHub.CodeAsync(none));
        }

        using var api = hub.Api();
        await api.DeleteAsync("/api/v1/tunnels/one");
        Assert.Equal(first, (await hub.CreateAsync(Tcp("two", 1, client, 0))).Port);
    }

    [Fact]
    public async Task A_private_stream_reaches_the_target_without_a_port()
    {
        await using var server = Echo();
        await using var hub = await TestHub.StartAsync();
        var tunnel = await hub.CreateAsync(Tcp("db", server.Port, await hub.LinkAsync(name: "server"), null));
        Assert.Null(tunnel.Port);
        var user = await hub.LinkAsync(name: "user");
        await using var stream = await user.Client.OpenAsync(new OpenRequest { Target = "tunnel:db" }, TestContext.Current.CancellationToken);
        await stream.WriteAsync("hello"u8.ToArray()).AsTask().WaitAsync(Deadline);
        await stream.EndAsync().AsTask().WaitAsync(Deadline);
        var received = new MemoryStream();
        while (await stream.ReceiveAsync().AsTask().WaitAsync(Deadline) is { IsEmpty: false } run)
            received.Write(run.Span);
        Assert.Equal("hello", Encoding.ASCII.GetString(received.ToArray()));
    }

    [Fact]
    public async Task A_private_stream_does_not_lead_past_the_edge_into_an_http_tunnel()
    {
        await using var hub = await TestHub.StartAsync();
        var client = await hub.LinkAsync();
        await hub.CreateAsync(new CreateTunnelRequest { Name = "web", Kind = TunnelKind.Http, Target = "http://127.0.0.1:1", Link = client.Link });
        await using var stream = await client.Client.OpenAsync(new OpenRequest { Target = "tunnel:web" }, TestContext.Current.CancellationToken);
        var refused = await Assert.ThrowsAsync<LinkStreamException>(() => stream.WaitOpenedAsync().AsTask().WaitAsync(Deadline));
        Assert.Equal(ResetCode.Forbidden, refused.Code);
        Assert.Contains("is an http tunnel", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, client.Asked);
    }

    [Fact]
    public async Task Another_account_does_not_learn_whether_a_private_tunnel_exists()
    {
        await using var hub = await TestHub.StartAsync();
        await hub.CreateAsync(Tcp("db", 1, await hub.LinkAsync(), null));
        var bob = await hub.LinkAsync((await hub.TokenAsync("bob")).Secret, "bob");
        var answers = new List<string>();
        foreach (var name in new[] { "db", "elsewhere" })
        {
            await using var stream = await bob.Client.OpenAsync(new OpenRequest { Target = $"tunnel:{name}" }, TestContext.Current.CancellationToken);
            var refused = await Assert.ThrowsAsync<LinkStreamException>(() => stream.ReceiveAsync().AsTask().WaitAsync(Deadline));
            answers.Add($"{refused.Code} {refused.Message.Replace(name, "NAME", StringComparison.Ordinal)}");
        }

        Assert.Equal(answers[0], answers[1]);
    }

    private static RawServer Echo() => new(static async peer =>
    {
        await peer.SendAsync(await peer.ReadToEndAsync());
        peer.EndSending();
    });

    private static CreateTunnelRequest Tcp(string name, int target, TestClient client, int? port) =>
        new() { Name = name, Kind = TunnelKind.Tcp, Target = $"127.0.0.1:{target}", Link = client.Link, Port = port };
}
