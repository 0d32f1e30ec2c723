using Adit.Hub.Access.SignIn;
using Adit.Testing;

namespace Adit.Hub.Tests.Access.SignIn;

public sealed class DelayTableTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Each_try_beyond_the_free_ones_waits_twice_as_long_up_to_a_bound()
    {
        var table = new DelayTable(free: 3, TimeSpan.FromSeconds(10), _time);
        var waits = new List<double>();
        for (var i = 0; i < 8; i++)
        {
            waits.Add(table.WaitOf("a").TotalSeconds);
            table.Begin("a");
        }

        Assert.Equal([0, 0, 0, 1, 2, 4, 8, 10], waits);
        Assert.Equal(TimeSpan.Zero, table.WaitOf("b"));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(TimeSpan.Zero, table.WaitOf("a"));
    }

    [Fact]
    public void A_try_that_was_no_guess_does_not_count_and_forgets_nothing_else()
    {
        var table = new DelayTable(free: 2, TimeSpan.FromMinutes(1), _time);
        table.Begin("a");
        table.Begin("a");
        table.Begin("a");
        table.TakeBack("a");
        Assert.Equal(TimeSpan.FromSeconds(1), table.WaitOf("a"));
        table.TakeBack("a");
        Assert.Equal(TimeSpan.Zero, table.WaitOf("a"));
        table.Forget("a");
        table.TakeBack("a");
        Assert.Equal(TimeSpan.Zero, table.WaitOf("a"));
    }

    [Fact]
    public void Old_tries_are_forgotten()
    {
        var table = new DelayTable(free: 1, TimeSpan.FromHours(1), _time);
        for (var i = 0; i < 12; i++)
            table.Begin("a");
        _time.Advance(DelayTable.Memory + TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.Zero, table.WaitOf("a"));
    }

    [Fact]
    public void When_too_many_are_known_those_tried_longest_ago_are_forgotten()
    {
        var table = new DelayTable(free: 1, TimeSpan.FromMinutes(1), _time);
        for (var i = 0; i < 100_000; i++)
        {
            if (i % 1000 == 0)
                _time.Advance(TimeSpan.FromMilliseconds(1));
            table.Begin("name" + i);
        }

        table.Begin("name99999");
        Assert.NotEqual(TimeSpan.Zero, table.WaitOf("name99999"));
        Assert.Equal(TimeSpan.Zero, table.WaitOf("name1"));
    }
}
