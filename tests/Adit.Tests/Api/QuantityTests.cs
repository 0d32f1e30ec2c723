using Adit.Api;

namespace Adit.Tests.Api;

/// <summary>Sizes and spans of time as people write them.</summary>
public sealed class QuantityTests
{
    [Theory]
    [InlineData("4096", 4096)]
    [InlineData("64KiB", 65_536)]
    [InlineData("4Gi", 4_294_967_296)]
    [InlineData("64 kb", 64_000)]
    [InlineData("1.5GB", 1_500_000_000)]
    [InlineData("0", 0)]
    [InlineData("2GB", 2_000_000_000)]
    [InlineData("2G", 2_000_000_000)]
    [InlineData("2g", 2_000_000_000)]
    [InlineData("1TB", 1_000_000_000_000)]
    [InlineData("1Ti", 1_099_511_627_776)]
    public void A_size_is_read(string text, long bytes) => Assert.Equal(bytes, ByteSize.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("KB")]
    [InlineData("1PB")]
    [InlineData("1e9")]
    [InlineData("99999999999999999999999999999GB")]
    public void What_is_no_size_is_said_to_be_none(string text) => Assert.Throws<FormatException>(() => ByteSize.Parse(text));

    [Theory]
    [InlineData("500ms", 0.5)]
    [InlineData("90s", 90)]
    [InlineData("30m", 1800)]
    [InlineData("1.5h", 5400)]
    [InlineData("90d", 7_776_000)]
    public void A_span_of_time_is_read(string text, double seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), Duration.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("90")]
    [InlineData("0s")]
    [InlineData("-5s")]
    [InlineData("s")]
    [InlineData("4000d")]
    [InlineData("99999999999999999999999999999h")]
    public void What_is_no_span_of_time_is_said_to_be_none(string text) => Assert.Throws<FormatException>(() => Duration.Parse(text));
}
