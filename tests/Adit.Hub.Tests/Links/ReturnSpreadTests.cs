using Adit.Hub.Links;

namespace Adit.Hub.Tests.Links;

public sealed class ReturnSpreadTests
{
    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 2.004)]
    [InlineData(400, 3.6)]
    [InlineData(1000, 6)]
    [InlineData(2000, 6)]
    [InlineData(4000, 10)]
    public void Clients_come_back_over_a_time_that_grows_with_their_number(int links, double seconds) =>
        Assert.Equal(seconds, ReturnSpread.Of(links).TotalSeconds, 0.0005);
}
