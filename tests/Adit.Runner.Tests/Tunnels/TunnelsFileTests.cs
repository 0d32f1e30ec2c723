using Adit.Api;
using Adit.Runner.Tunnels;
using Adit.Runner.Yaml;

namespace Adit.Runner.Tests.Tunnels;

public sealed class TunnelsFileTests
{
    [Fact]
    public void One_hubs_tunnels_stand_at_the_top()
    {
        var file = TunnelsFile.Parse("t.yaml", """
            hub: http://127.0.0.1:8080
            token-env: MY_TOKEN
            allow: [10.0.0.0/8:80]
            tunnels:
              notebook:
                exec: jupyter notebook --port {port}
              shop:
                to: 3000
                access: public
                headers: { X-From: adit }
                hosts: shop.example.com
              db:
                kind: tcp
                to: db.internal:5432
                port: auto
            """);

        var hub = Assert.Single(file.Hubs);
        Assert.Equal("http://127.0.0.1:8080/", hub.Url);
        Assert.Equal("MY_TOKEN", hub.TokenVariable);
        Assert.Equal(["notebook", "shop", "db"], hub.Tunnels.Select(t => t.Name!));
        Assert.Equal(TunnelAccess.Public, hub.Tunnels[1].Access.Access);
        Assert.Equal(["X-From: adit"], hub.Tunnels[1].AddRequestHeaders);
        Assert.Equal(0, hub.Tunnels[2].Port);
        Assert.Equal("db.internal:5432", hub.Tunnels[2].Target!.ToString());
    }

    [Fact]
    public void Several_hubs_may_be_served_by_one_client()
    {
        var file = TunnelsFile.Parse("t.yaml", """
            hubs:
              - hub: https://one.example.com
                tunnels: { a: { to: 80 } }
              - hub: https://two.example.com
                tunnels: { a: { to: 80 } }
            """);

        Assert.Equal(2, file.Hubs.Count);
    }

    [Fact]
    public void The_same_text_makes_equal_tunnels_so_that_a_reload_can_tell_what_changed()
    {
        const string Text = "tunnels: { a: { to: 80, hosts: [x.example.com], headers: { A: b } }, b: { to: 81 } }";

        var one = TunnelsFile.Parse("t.yaml", Text).Hubs[0];
        var other = TunnelsFile.Parse("t.yaml", Text.Replace("81", "82", StringComparison.Ordinal)).Hubs[0];

        Assert.Equal(one.Tunnels[0], other.Tunnels[0]);
        Assert.NotEqual(one.Tunnels[1], other.Tunnels[1]);
    }

    [Theory]
    [InlineData("tunnels:\n  a:\n    too: 80", "t.yaml:3: unknown key 'too'; did you mean 'to'?")]
    [InlineData("tunnels:\n  a:\n    access: public", "t.yaml:3: tunnel 'a' leads nowhere; give 'to' or 'exec'")]
    [InlineData("tunels: {}", "t.yaml:1: unknown key 'tunels'; did you mean 'tunnels'?")]
    [InlineData("tunnels:\n  a:\n    to: 80\n    acces: public", "t.yaml:4: unknown key 'acces'; did you mean 'access'?")]
    [InlineData("tunnels:\n  a:\n    to: 80\n    access: everyone", "t.yaml:4: access: 'everyone' is none of owner, project, signed-in, public, group:NAME, user:NAME")]
    [InlineData("tunnels:\n  a:\n    to: 99999", "t.yaml:3: to: '99999' is no target")]
    [InlineData("tunnels:\n  a:\n    kind: udp\n    to: 80", "t.yaml:3: kind: 'udp' is none of http, tcp, tls")]
    [InlineData("hub: ftp://x\ntunnels: {}", "t.yaml:1: hub: 'ftp://x' is no address of a hub")]
    [InlineData("tunnels: [1]", "t.yaml:1: tunnels: keys with values are expected")]
    [InlineData("hub: http://x", "t.yaml:1: there are no 'tunnels'")]
    [InlineData("tunnels:\n  a: { to: 80 }\n  a: { to: 81 }", "t.yaml:3: ")]
    [InlineData("a: [", "t.yaml:")]
    [InlineData("- a", "t.yaml:1: the file has to begin with keys")]
    [InlineData("tunnels:\n  a:\n    to: 80\n    headers: { \"bad name\": x }", "t.yaml:4: headers: ")]
    public void A_mistake_is_reported_with_its_line(string text, string problem)
    {
        var e = Assert.Throws<YamlFileException>(() => TunnelsFile.Parse("t.yaml", text));

        Assert.StartsWith(problem, e.Message, StringComparison.Ordinal);
    }
}
