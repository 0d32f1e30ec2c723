using System.Net;
using Adit.Api;
using Adit.Runner.Tunnels;

namespace Adit.Runner.Tests.Tunnels;

public sealed class AllowListTests
{
    private static AllowList Of(string target, params string[] rules) =>
        new([(TunnelTarget.Parse(target, TunnelKind.Tcp), false)], rules, () => "this-machine");

    [Fact]
    public void Only_the_tunnels_own_target_is_allowed_by_default()
    {
        var list = Of("10.0.0.5:6443");

        Assert.True(list.AllowsAddress(IPAddress.Parse("10.0.0.5"), 6443));
        Assert.True(list.AllowsAddress(IPAddress.Parse("::ffff:10.0.0.5"), 6443));
        Assert.False(list.AllowsAddress(IPAddress.Parse("10.0.0.5"), 22));
        Assert.False(list.AllowsAddress(IPAddress.Parse("10.0.0.6"), 6443));
        Assert.False(list.AllowsName("10.0.0.5", 6443));
        Assert.False(list.HasNetworks(22));
    }

    [Fact]
    public void Rules_add_networks_names_ports_and_socket_files()
    {
        var list = Of("8080", "192.168.0.0/16:8000-8999", "db.example.com:*", "[2001:db8::]/32:443", "unix:/run/docker.sock");

        Assert.True(list.AllowsAddress(IPAddress.Parse("192.168.7.7"), 8000));
        Assert.False(list.AllowsAddress(IPAddress.Parse("192.168.7.7"), 9000));
        Assert.True(list.AllowsName("db.example.com", 1));
        Assert.False(list.AllowsName("evil.db.example.com", 1));
        Assert.True(list.AllowsAddress(IPAddress.Parse("2001:db8::5"), 443));
        Assert.True(list.AllowsUnix("/run/docker.sock"));
        Assert.False(list.AllowsUnix("/run/docker.sock/../x"));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.8.8")]
    [InlineData("::1")]
    [InlineData("0.0.0.0")]
    [InlineData("169.254.169.254")]
    [InlineData("fe80::1")]
    [InlineData("::ffff:127.0.0.1")]
    public void A_listed_name_that_resolves_to_this_machine_or_its_metadata_is_refused(string address)
    {
        var list = Of("rebound.example.com:80");

        Assert.False(list.AllowsResolved("rebound.example.com", IPAddress.Parse(address), 80));
        Assert.True(list.AllowsResolved("rebound.example.com", IPAddress.Parse("203.0.113.9"), 80));
    }

    [Fact]
    public void The_machines_own_name_may_resolve_to_loopback()
    {
        Assert.True(Of("this-machine:80").AllowsResolved("this-machine", IPAddress.Parse("127.0.1.1"), 80));
    }

    [Fact]
    public void A_name_that_is_not_listed_is_judged_by_its_address()
    {
        var list = Of("8080", "10.0.0.0/8:80");

        Assert.True(list.AllowsResolved("anything.example.com", IPAddress.Parse("10.1.2.3"), 80));
        Assert.False(list.AllowsResolved("anything.example.com", IPAddress.Parse("11.1.2.3"), 80));
        Assert.False(list.AllowsResolved("anything.example.com", IPAddress.Parse("10.1.2.3"), 81));
    }

    [Theory]
    [InlineData("host")]
    [InlineData("host:")]
    [InlineData("host:0")]
    [InlineData("host:9-8")]
    [InlineData("10.0.0.1/33:80")]
    [InlineData("a/b:80")]
    [InlineData("ho st:80")]
    public void A_rule_that_is_none_is_refused(string rule) => Assert.Throws<FormatException>(() => Of("80", rule));
}
