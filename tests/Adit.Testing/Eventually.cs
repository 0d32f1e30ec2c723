using System.Diagnostics;

namespace Adit.Testing;

/// <summary>Waits for what other processes and machines do, which no fake clock can move.</summary>
public static class Eventually
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <summary>How long to wait when the caller does not say: generous, because a loaded machine is slow and a pass never waits for it.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(30);

    /// <summary>Returns when <paramref name="condition"/> holds; throws <see cref="TimeoutException"/> naming <paramref name="what"/> did not happen.</summary>
    public static async Task HoldsAsync(Func<ValueTask<bool>> condition, string what, TimeSpan? within = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(condition);
        var started = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(Interval);
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > (within ?? Patience))
            {
                throw new TimeoutException($"Did not happen within {within ?? Patience}: {what}.");
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    /// <summary>The same for a condition that needs no waiting itself.</summary>
    public static Task HoldsAsync(Func<bool> condition, string what, TimeSpan? within = null, CancellationToken cancellationToken = default) =>
        HoldsAsync(() => ValueTask.FromResult(condition()), what, within, cancellationToken);
}
