using Adit.Api;
using Adit.Runner.Tunnels;
using Adit.Terminal;
using Adit.Testing;

namespace Adit.Tests.Terminal;

public sealed class LiveTunnelViewTests
{
    private static RequestPassed Request(string target) => new(new RequestSummary
    {
        Id = "r1", Tunnel = "demo", At = DateTimeOffset.UnixEpoch, Method = "GET", Target = target, Status = 200, Milliseconds = 3, BytesIn = 0, BytesOut = 1200,
    });

    [Fact]
    public void A_visitor_cannot_send_escape_sequences_to_the_terminal()
    {
        var output = new StringWriter();
        using (var view = new LiveTunnelView(output, static () => 80, false, new ManualTimeProvider()))
            view.Show(Request("/\x1b]0;owned\x07"));

        Assert.DoesNotContain("\x1b]", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("/?]0;owned?", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_written_when_nothing_changed()
    {
        var output = new StringWriter();
        var time = new ManualTimeProvider();
        using var view = new LiveTunnelView(output, static () => 80, false, time);
        time.Advance(TimeSpan.FromMilliseconds(150));
        var first = output.ToString();

        time.Advance(TimeSpan.FromSeconds(5));

        Assert.NotEmpty(first);
        Assert.Equal(first, output.ToString());
    }

    [Theory]
    [InlineData(20)]
    [InlineData(40)]
    public void No_request_line_is_wider_than_the_terminal(int width)
    {
        var output = new StringWriter();
        using (var view = new LiveTunnelView(output, () => width, true, new ManualTimeProvider()))
            view.Show(Request("/" + new string('x', 300)));

        Assert.All(output.ToString().Split('\n'), line => Assert.True(AnsiText.Length(line.Replace("\x1b[J", "", StringComparison.Ordinal)) <= width));
    }
}
