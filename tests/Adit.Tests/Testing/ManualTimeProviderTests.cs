using Adit.Testing;

namespace Adit.Tests.Testing;

/// <summary>What tests stand on must itself stand.</summary>
public sealed class ManualTimeProviderTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Timers_fire_at_their_own_moment_and_in_order()
    {
        var start = _time.GetUtcNow();
        var fired = new List<(string Name, TimeSpan At)>();
        using var late = _time.CreateTimer(_ => fired.Add(("late", _time.GetUtcNow() - start)), null, TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan);
        using var often = _time.CreateTimer(_ => fired.Add(("often", _time.GetUtcNow() - start)), null, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2));

        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(
            [("often", TimeSpan.FromSeconds(2)), ("late", TimeSpan.FromSeconds(3)), ("often", TimeSpan.FromSeconds(4))],
            fired);
        Assert.Equal(start + TimeSpan.FromSeconds(5), _time.GetUtcNow());
    }

    [Fact]
    public async Task A_delay_ends_when_the_clock_reaches_it_and_not_before()
    {
        var delay = Task.Delay(TimeSpan.FromMinutes(1), _time, TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(delay.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        await delay.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Timestamps_measure_what_was_advanced_and_ignore_the_wall_clock()
    {
        var before = _time.GetTimestamp();
        _time.ShiftWallClock(TimeSpan.FromDays(-1));
        _time.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(7, _time.GetElapsedTime(before).TotalSeconds, tolerance: 0.001);
    }

    [Fact]
    public void A_disposed_timer_does_not_fire()
    {
        var fired = false;
        var timer = _time.CreateTimer(_ => fired = true, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        timer.Dispose();
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(fired);
        Assert.Equal(0, _time.ArmedTimers);
    }
}
