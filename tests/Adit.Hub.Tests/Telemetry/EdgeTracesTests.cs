using System.Diagnostics;
using Adit.Hub.Edge;

namespace Adit.Hub.Tests.Telemetry;

public sealed class EdgeTracesTests
{
    private const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    [Fact]
    public void A_visitors_trace_goes_on_and_its_query_stays_out_of_it()
    {
        using var listener = Listen();
        var span = EdgeTraces.Start("GET", "traced", "/a/b?token=secret", Parent, "vendor=1");

        Assert.NotNull(span);
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", span.TraceId.ToString());
        Assert.Equal("b7ad6b7169203331", span.ParentSpanId.ToString());
        Assert.Equal("vendor=1", span.TraceStateString);
        Assert.Equal("/a/b", span.GetTagItem("url.path"));
        EdgeTraces.End(span, 502, "The program does not answer.");
        Assert.Equal(ActivityStatusCode.Error, span.Status);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("00-zz")]
    [InlineData("00-00000000000000000000000000000000-0000000000000000-01")]
    public void A_header_that_is_not_one_begins_a_new_trace(string? header)
    {
        using var listener = Listen();
        using var span = EdgeTraces.Start("GET", "traced", "/", header, null);

        Assert.NotNull(span);
        Assert.Equal(default, span.ParentSpanId);
    }

    private static ActivityListener Listen()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == EdgeTraces.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
