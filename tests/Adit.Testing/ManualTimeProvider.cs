namespace Adit.Testing;

/// <summary>
/// A clock that moves only when a test moves it. Timers fire on the thread that calls <see cref="Advance"/>, in order of their due time.
/// Its timestamps tick at an odd frequency so that code that takes ticks for time spans fails.
/// </summary>
public sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<ManualTimer> _timers = [];
    private readonly DateTimeOffset _start;
    private TimeSpan _elapsed;
    private TimeSpan _wallOffset;

    /// <summary>Starts at <paramref name="start"/>, by default in the year 2030.</summary>
    public ManualTimeProvider(DateTimeOffset? start = null) =>
        _start = start ?? new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <inheritdoc/>
    public override long TimestampFrequency => 12_345_678;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>Timers that are armed now. Arm the wait first, then advance: see <see cref="WaitForTimersAsync"/>.</summary>
    public int ArmedTimers
    {
        get
        {
            lock (_lock)
            {
                return _timers.Count;
            }
        }
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            return _start + _elapsed + _wallOffset;
        }
    }

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        lock (_lock)
        {
            return (long)((Int128)_elapsed.Ticks * TimestampFrequency / TimeSpan.TicksPerSecond);
        }
    }

    /// <summary>Moves time forward and fires what falls due on the way, each timer at its own moment.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        TimeSpan target;
        lock (_lock)
        {
            target = _elapsed + by;
        }

        while (NextDue(target) is { } timer)
        {
            timer.Fire();
        }

        lock (_lock)
        {
            _elapsed = target > _elapsed ? target : _elapsed;
        }
    }

    /// <summary>
    /// Moves time forward by <paramref name="step"/> again and again until <paramref name="over"/> has ended: what it hangs on may be armed a moment
    /// after the clock moved, and would then wait for ever. Throws what <paramref name="over"/> ended with, and <see cref="TimeoutException"/> when it does not.
    /// </summary>
    public async Task AdvanceUntilAsync(Task over, TimeSpan step)
    {
        ArgumentNullException.ThrowIfNull(over);
        for (var i = 0; i < 2000 && !over.IsCompleted; i++)
        {
            Advance(step);
            await Task.WhenAny(over, Task.Delay(TimeSpan.FromMilliseconds(2), System));
        }

        await over.WaitAsync(TimeSpan.FromSeconds(10), System);
    }

    /// <summary>Sets the wall clock back or forth as an administrator or NTP would; timers and timestamps do not notice.</summary>
    public void ShiftWallClock(TimeSpan by)
    {
        lock (_lock)
        {
            _wallOffset += by;
        }
    }

    /// <summary>Returns when at least <paramref name="count"/> timers are armed, so that the code under test is known to wait.</summary>
    public Task WaitForTimersAsync(int count, CancellationToken cancellationToken = default) =>
        Eventually.HoldsAsync(() => ArmedTimers >= count, $"{count} armed timers", cancellationToken: cancellationToken);

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private ManualTimer? NextDue(TimeSpan until)
    {
        lock (_lock)
        {
            var next = _timers.MinBy(timer => timer.Due);
            if (next is null || next.Due > until)
            {
                return null;
            }

            _elapsed = next.Due > _elapsed ? next.Due : _elapsed;
            next.Rearm();
            return next;
        }
    }

    private sealed class ManualTimer(ManualTimeProvider time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period = Timeout.InfiniteTimeSpan;
        private bool _disposed;

        public TimeSpan Due { get; private set; }

        public void Fire() => callback(state);

        /// <summary>Called under the provider's lock, just before the timer fires.</summary>
        public void Rearm()
        {
            if (_period > TimeSpan.Zero)
            {
                Due += _period;
            }
            else
            {
                time._timers.Remove(this);
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._lock)
            {
                if (_disposed)
                {
                    return false;
                }

                time._timers.Remove(this);
                _period = period;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = time._elapsed + dueTime;
                    time._timers.Add(this);
                }
            }

            // A timer that is due at once fires without waiting for the clock, as the real one does.
            if (dueTime == TimeSpan.Zero)
            {
                time.Advance(TimeSpan.Zero);
            }

            return true;
        }

        public void Dispose()
        {
            lock (time._lock)
            {
                _disposed = true;
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
