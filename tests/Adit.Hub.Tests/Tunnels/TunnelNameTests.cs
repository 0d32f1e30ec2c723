using System.Net;
using Adit.Api;

namespace Adit.Hub.Tests.Tunnels;

public sealed class TunnelNameTests
{
    [Theory]
    [InlineData("www")]
    [InlineData("api")]
    [InlineData("admin")]
    [InlineData("hub")]
    [InlineData("adit")]
    [InlineData("mail")]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a.b")]
    [InlineData("a_b")]
    [InlineData("_acme-challenge")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("Demo")]
    [InlineData("münchen")]
    [InlineData("xn--mnchen-3ya")]
    [InlineData("ab--cd")]
    [InlineData("a b")]
    [InlineData("a\u0000b")]
    [InlineData("a/../b")]
    [InlineData("*")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task A_name_that_is_reserved_or_no_plain_label_is_refused_and_leaves_nothing(string name)
    {
        await using var hub = await TestHub.StartAsync();
        var client = await hub.LinkAsync();
        using var answer = await hub.PostAsync(new CreateTunnelRequest { Name = name, Kind = TunnelKind.Http, Target = "http://127.0.0.1:1", Link = client.Link });
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("invalid", await TestHub.CodeAsync(answer));
        Assert.Equal(0, hub.Routes.Count);
        Assert.Equal(0, hub.Registry.Count.All);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("0")]
    [InlineData("my-app-2")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task A_plain_label_is_a_name(string name)
    {
        await using var hub = await TestHub.StartAsync();
        var client = await hub.LinkAsync();
        var tunnel = await hub.CreateAsync(new CreateTunnelRequest { Name = name, Kind = TunnelKind.Http, Target = "http://127.0.0.1:1", Link = client.Link });
        Assert.Equal(name, tunnel.Name);
        Assert.Equal([$"{name}.{TestHub.Domain}"], tunnel.Hosts);
    }

    [Fact]
    public async Task Without_a_name_each_tunnel_gets_one_of_its_own()
    {
        await using var hub = await TestHub.StartAsync();
        var client = await hub.LinkAsync();
        var names = new HashSet<string>();
        for (var i = 0; i < 20; i++)
            names.Add((await hub.CreateAsync(new CreateTunnelRequest { Kind = TunnelKind.Http, Target = "http://127.0.0.1:1", Link = client.Link })).Name);
        Assert.Equal(20, names.Count);
        Assert.All(names, static n => Assert.Matches("^[a-z]+-[a-z]+-[0-9]+$", n));
    }
}
