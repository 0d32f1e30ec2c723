using System.Net;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Tests.Edge.Forwarding;
using Adit.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tests.Edge.Gate;

/// <summary>Nobody in particular may ask a public route as often as it likes.</summary>
public sealed class AddressRatesTests
{
    private static readonly IPAddress Anna = IPAddress.Parse("198.51.100.7");

    [Fact]
    public void A_burst_passes_then_so_many_a_second_and_a_rest_fills_the_bucket_again()
    {
        var time = new ManualTimeProvider();
        var rates = Make(time, new RequestRate(10, TimeSpan.FromSeconds(1)), burst: 50);
        Assert.Equal(50, Passed(rates, Anna, 200));
        time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.False(rates.TryTake(Anna, out var wait));
        Assert.InRange(wait, TimeSpan.FromMilliseconds(0.1), TimeSpan.FromMilliseconds(2));
        time.Advance(TimeSpan.FromMilliseconds(2));
        Assert.Equal(1, Passed(rates, Anna, 5));
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(20, Passed(rates, Anna, 100));
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(50, Passed(rates, Anna, 200));
    }

    [Fact]
    public void A_wait_that_is_kept_ends_in_a_request_that_passes()
    {
        var time = new ManualTimeProvider();
        var rates = Make(time, new RequestRate(6, TimeSpan.FromMinutes(1)), burst: 2);
        Assert.Equal(2, Passed(rates, Anna, 2));
        Assert.False(rates.TryTake(Anna, out var wait));
        Assert.InRange(wait, TimeSpan.FromSeconds(9.9), TimeSpan.FromSeconds(10.1));
        time.Advance(TimeSpan.FromSeconds(Math.Ceiling(wait.TotalSeconds)));
        Assert.True(rates.TryTake(Anna, out _));
    }

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("::ffff:198.51.100.7", "198.51.100.7", true)]
    [InlineData("198.51.100.7", "198.51.100.8", false)]
    public void An_IPv6_network_of_64_bits_is_one_and_each_IPv4_address(string one, string other, bool same)
    {
        var rates = Make(new ManualTimeProvider(), new RequestRate(1, TimeSpan.FromSeconds(1)), burst: 3);
        Assert.Equal(3, Passed(rates, IPAddress.Parse(one), 10));
        Assert.Equal(same ? 0 : 3, Passed(rates, IPAddress.Parse(other), 10));
    }

    [Fact]
    public void Many_addresses_do_not_make_the_table_grow_nor_let_a_busy_one_out()
    {
        var time = new ManualTimeProvider();
        var rates = Make(time, new RequestRate(1, TimeSpan.FromHours(1)), burst: 100);
        Assert.Equal(100, Passed(rates, Anna, 100));
        var bytes = new byte[16];
        bytes[0] = 0x20;
        var before = GC.GetAllocatedBytesForCurrentThread();
        var one = new IPAddress(bytes);
        var each = GC.GetAllocatedBytesForCurrentThread() - before;
        const int Many = 5 * AddressRates.Slots;
        before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Many; i++)
        {
            BitConverter.TryWriteBytes(bytes.AsSpan(4), i);
            Assert.True(rates.TryTake(new IPAddress(bytes), out _));
        }

        var grown = GC.GetAllocatedBytesForCurrentThread() - before - (each * Many);
        Assert.True(grown < 64 * 1024, $"{grown} bytes more");
        Assert.Equal(0, Passed(rates, Anna, 10));
        GC.KeepAlive(one);
    }

    [Fact]
    public void Whoever_stands_for_others_is_not_taken_for_one_visitor()
    {
        var rates = Make(new ManualTimeProvider(), new RequestRate(1, TimeSpan.FromHours(1)), burst: 1, "10.0.0.5");
        foreach (var address in (string[])["127.0.0.1", "::1", "127.3.2.1", "::ffff:127.0.0.1", "10.0.0.5", "::ffff:10.0.0.5"])
            Assert.Equal(100, Passed(rates, IPAddress.Parse(address), 100));
        Assert.True(rates.TryTake(null, out _));
        Assert.Equal(1, Passed(rates, IPAddress.Parse("10.0.0.6"), 100));
    }

    [Fact]
    public async Task Threads_that_take_at_once_get_no_more_than_there_is()
    {
        var rates = Make(new ManualTimeProvider(), new RequestRate(1, TimeSpan.FromHours(1)), burst: 10_000);
        Assert.True(rates.TryTake(Anna, out _));
        var passed = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Passed(rates, Anna, 5_000))));
        Assert.Equal(9_999, passed.Sum());
    }

    [Fact]
    public async Task Too_many_requests_of_an_address_are_told_when_to_come_again_and_others_pass()
    {
        await using var server = RawServer.Echoing();
        using var data = new TempDirectory();
        var time = new ManualTimeProvider();
        await using var edge = await StartAsync(server.Port, data, time, new RoutePolicy { IsPublic = true });
        for (var i = 0; i < 5; i++)
            Assert.StartsWith("HTTP/1.1 200 ", await edge.ExchangeAsync(Request("203.0.113.9")));
        var refused = await edge.ExchangeAsync(Request("203.0.113.9"));
        Assert.StartsWith("HTTP/1.1 429 Too Many Requests\r\n", refused);
        Assert.Contains("\r\nRetry-After: 30\r\n", refused);
        Assert.Contains("\"code\":\"rate-limited\"", refused);
        var page = await edge.ExchangeAsync(Request("203.0.113.9", "Accept: text/html\r\n"));
        Assert.StartsWith("HTTP/1.1 429 ", page);
        Assert.Contains("<h1>Too many requests</h1>", page);
        Assert.StartsWith("HTTP/1.1 200 ", await edge.ExchangeAsync(Request("203.0.113.10")));
        Assert.Equal(2, edge.Services.GetRequiredService<GateMeter>().Limited);
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.StartsWith("HTTP/1.1 200 ", await edge.ExchangeAsync(Request("203.0.113.9")));
    }

    [Fact]
    public async Task Whoever_is_known_is_not_bounded_and_the_machine_itself_neither()
    {
        await using var server = RawServer.Echoing();
        using var data = new TempDirectory();
        await using var edge = await StartAsync(
            server.Port, data, new ManualTimeProvider(), new RoutePolicy { Owner = "ada", Rules = [new PolicyRule { Allow = true, Who = [PolicySubject.Owner, PolicySubject.Public] }] });
        for (var i = 0; i < 10; i++)
            Assert.StartsWith("HTTP/1.1 200 ", await edge.ExchangeAsync(Request("203.0.113.9", "Authorization: Bearer of-ada\r\n")));
        for (var i = 0; i < 10; i++)
            Assert.StartsWith("HTTP/1.1 200 ", await edge.ExchangeAsync("GET /x HTTP/1.1\r\nHost: demo.adit.test\r\nConnection: close\r\n\r\n"));
        for (var i = 0; i < 10; i++)
            Assert.StartsWith(i < 5 ? "HTTP/1.1 200 " : "HTTP/1.1 429 ", await edge.ExchangeAsync(Request("203.0.113.9")));
    }

    [Theory]
    [InlineData("100/s", true)]
    [InlineData("600/m", true)]
    [InlineData("5000/h", true)]
    [InlineData("0", true)]
    [InlineData("0/s", false)]
    [InlineData("100", false)]
    [InlineData("-1/s", false)]
    [InlineData("1.5/s", false)]
    [InlineData("100/d", false)]
    [InlineData("1000001/s", false)]
    [InlineData("", false)]
    public void A_rate_is_read_as_it_is_written(string text, bool isRate)
    {
        Assert.Equal(isRate, RequestRate.TryParse(text, out var rate));
        if (isRate)
            Assert.Equal(text, rate.ToString());
    }

    private static string Request(string from, string more = "") =>
        $"GET /x HTTP/1.1\r\nHost: demo.adit.test\r\nConnection: close\r\nX-Forwarded-For: {from}\r\n{more}\r\n";

    private static Task<TestEdge> StartAsync(int port, TempDirectory data, TimeProvider time, RoutePolicy policy) => TestEdge.StartAsync(
        port,
        r => new Route { Name = r.Name, Kind = r.Kind, Policy = policy, Upstream = r.Upstream, Meter = r.Meter },
        o => o with { DataDirectory = data.Path, TrustedProxies = ["127.0.0.1"], PublicRate = new RequestRate(2, TimeSpan.FromMinutes(1)), PublicBurst = 5 },
        time: time,
        services: static s => s.AddSingleton<IDoorKeys>(new TestKeys()));

    private static AddressRates Make(TimeProvider time, RequestRate rate, int burst, params string[] trusted) =>
        new(rate, burst, TrustedProxies.Parse(trusted), time);

    private static int Passed(AddressRates rates, IPAddress address, int times)
    {
        var passed = 0;
        for (var i = 0; i < times; i++)
            passed += rates.TryTake(address, out _) ? 1 : 0;
        return passed;
    }
}
