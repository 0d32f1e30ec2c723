using System.Diagnostics;

namespace Adit.Bench.Processes;

/// <summary>Bounded waiting for something outside this process.</summary>
internal static class Until
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <summary>Polls until the condition holds; fails after 30 s, or at once when the process it depends on ends.</summary>
    public static Task TrueAsync(Func<bool> condition, string what, Child? needs, CancellationToken cancellationToken) =>
        TrueAsync(() => Task.FromResult(condition()), what, needs, cancellationToken);

    /// <inheritdoc cref="TrueAsync(Func{bool}, string, Child?, CancellationToken)"/>
    public static async Task TrueAsync(Func<Task<bool>> condition, string what, Child? needs, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            needs?.ThrowIfExited();
            if (Stopwatch.GetElapsedTime(started) > Limit)
                throw new TimeoutException($"waited {Limit.TotalSeconds} s for {what}\n{needs?.Output}");

            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }
    }
}
