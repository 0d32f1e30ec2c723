using System.Globalization;
using Adit.Hub.Edge;
using Adit.Hub.Telemetry;

namespace Adit.Hub.Tests.Telemetry;

public sealed class TunnelMetersTests
{
    private readonly TunnelMeters _meters = new();
    private readonly List<TunnelSample> _tunnels = [];

    [Fact]
    public void Requests_are_told_by_tunnel_and_class_of_status()
    {
        var demo = Add("demo");
        demo.Answered(200, TimeSpan.FromMilliseconds(3));
        demo.Answered(204, TimeSpan.FromMilliseconds(700));
        demo.Answered(503, TimeSpan.FromMinutes(1));
        demo.Answered(0, TimeSpan.FromMilliseconds(1));

        var text = Scrape();

        Assert.Equal(2, Value(text, "adit_requests_total{tunnel=\"demo\",code_class=\"2xx\"}"));
        Assert.Equal(1, Value(text, "adit_requests_total{tunnel=\"demo\",code_class=\"5xx\"}"));
        Assert.Equal(1, Value(text, "adit_requests_total{tunnel=\"demo\",code_class=\"none\"}"));
        Assert.Equal(1, Value(text, "adit_request_duration_seconds_bucket{tunnel=\"demo\",le=\"0.001\"}"));
        Assert.Equal(2, Value(text, "adit_request_duration_seconds_bucket{tunnel=\"demo\",le=\"0.005\"}"));
        Assert.Equal(3, Value(text, "adit_request_duration_seconds_bucket{tunnel=\"demo\",le=\"30\"}"));
        Assert.Equal(4, Value(text, "adit_request_duration_seconds_bucket{tunnel=\"demo\",le=\"+Inf\"}"));
        Assert.Equal(4, Value(text, "adit_request_duration_seconds_count{tunnel=\"demo\"}"));
        Assert.Equal(60.704, Value(text, "adit_request_duration_seconds_sum{tunnel=\"demo\"}"), 6);
    }

    [Fact]
    public void An_upgraded_connection_is_a_request_but_not_a_slow_answer()
    {
        Add("demo").Answered(101, TimeSpan.FromHours(1));

        var text = Scrape();

        Assert.Equal(1, Value(text, "adit_requests_total{tunnel=\"demo\",code_class=\"1xx\"}"));
        Assert.DoesNotContain("adit_request_duration_seconds_bucket{", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Ten_thousand_tunnels_make_a_bounded_number_of_series_and_their_sum_is_right()
    {
        for (var i = 0; i < 10_000; i++)
            Add("t" + i.ToString(CultureInfo.InvariantCulture)).AddBytesIn(1);

        var text = Scrape();
        var lines = text.Split('\n').Where(line => line.StartsWith("adit_tunnel_received_bytes_total{", StringComparison.Ordinal)).ToArray();

        Assert.Equal(TunnelMeters.MostSeries + 1, lines.Length);
        Assert.Equal(10_000, lines.Sum(line => double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture)));
        Assert.InRange(text.Split('\n').Length, 1, 5_000);
    }

    [Fact]
    public void A_tunnel_that_carries_nothing_takes_no_series()
    {
        for (var i = 0; i < TunnelMeters.MostSeries; i++)
            _tunnels.Add(new TunnelSample("idle" + i.ToString(CultureInfo.InvariantCulture), "http", true, new RouteMeter()));
        Scrape();
        Add("busy").AddBytesOut(7);

        Assert.Equal(7, Value(Scrape(), "adit_tunnel_sent_bytes_total{tunnel=\"busy\"}"));
    }

    [Fact]
    public void No_counter_goes_down_when_tunnels_come_and_go()
    {
        var meters = Enumerable.Range(0, TunnelMeters.MostSeries + 50).Select(i => Add("t" + i.ToString(CultureInfo.InvariantCulture))).ToArray();
        foreach (var meter in meters)
            meter.AddBytesIn(10);
        var before = Other(Scrape());

        _tunnels.RemoveRange(100, 50); // These were among the others.
        var after = Other(Scrape());
        _tunnels.RemoveAt(0); // This one had its own.
        Add("late").AddBytesIn(3);
        var last = Scrape();

        Assert.Equal(500, before);
        Assert.Equal(500, after);
        Assert.Equal(500, Other(last));
        Assert.DoesNotContain("tunnel=\"t0\"", last, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_tunnel_carried_between_two_looks_is_not_lost_when_it_is_removed()
    {
        var meter = new RouteMeter();
        meter.OpenStream();
        meter.AddBytesIn(42);
        _meters.Retire("short", meter);

        var known = Add("known");
        known.AddBytesIn(1);
        Scrape();
        known.AddBytesIn(8);
        _tunnels.Clear();
        _meters.Retire("known", known);

        Assert.Equal(50, Other(Scrape()));
        Assert.Equal(50, Other(Scrape()));
    }

    [Fact]
    public void A_tunnel_made_again_by_the_same_name_goes_on_in_its_series()
    {
        Add("demo").AddBytesIn(5);
        Scrape();
        _tunnels.Clear();
        Add("demo").AddBytesIn(6);

        Assert.Equal(11, Value(Scrape(), "adit_tunnel_received_bytes_total{tunnel=\"demo\"}"));
    }

    [Fact]
    public void Tunnels_are_counted_by_kind_and_state()
    {
        _tunnels.Add(new TunnelSample("a", "http", true, new RouteMeter()));
        _tunnels.Add(new TunnelSample("b", "http", false, new RouteMeter()));
        _tunnels.Add(new TunnelSample("c", "tcp", true, new RouteMeter()));

        var text = Scrape();

        Assert.Equal(1, Value(text, "adit_tunnels{kind=\"http\",state=\"up\"}"));
        Assert.Equal(1, Value(text, "adit_tunnels{kind=\"http\",state=\"down\"}"));
        Assert.Equal(1, Value(text, "adit_tunnels{kind=\"tcp\",state=\"up\"}"));
        Assert.Equal(0, Value(text, "adit_tunnels{kind=\"tls\",state=\"up\"}"));
    }

    private RouteMeter Add(string name)
    {
        var meter = new RouteMeter();
        meter.OpenStream();
        meter.CloseStream();
        _tunnels.Add(new TunnelSample(name, "http", true, meter));
        return meter;
    }

    private string Scrape()
    {
        var writer = new MetricsWriter();
        _meters.Write(writer, _tunnels);
        return writer.ToString();
    }

    private static double Other(string text) => Value(text, "adit_tunnel_received_bytes_total{tunnel=\"_other\"}");

    private static double Value(string text, string sample) =>
        double.Parse(text.Split('\n').Single(line => line.StartsWith(sample + " ", StringComparison.Ordinal))[(sample.Length + 1)..], CultureInfo.InvariantCulture);
}
