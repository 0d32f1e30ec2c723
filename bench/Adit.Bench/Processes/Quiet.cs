namespace Adit.Bench.Processes;

/// <summary>Waiting until a process has nothing left to do.</summary>
internal static class Quiet
{
    private const int Looks = 100;
    private const int QuietLooks = 5;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Little = TimeSpan.FromMilliseconds(10);

    // A hub collects once when three seconds after a burst were quiet (docs/performance.md); it looks every second.
    private static readonly TimeSpan Collection = TimeSpan.FromSeconds(5);

    /// <summary>The private memory of a process, in bytes, when it has given back what a burst left.</summary>
    public static async Task<long> RestingBytesAsync(int pid, CancellationToken cancellationToken)
    {
        await RestAsync(pid, cancellationToken);
        return ProcFs.PrivateBytes(pid);
    }

    /// <summary>Returns when the process has been quiet for so long that it has given back what a burst left.</summary>
    public static async Task RestAsync(int pid, CancellationToken cancellationToken)
    {
        await WaitAsync(pid, cancellationToken);
        await Task.Delay(Collection, TimeProvider.System, cancellationToken);
        await WaitAsync(pid, cancellationToken);
    }

    /// <summary>Returns when the process has been quiet for half a second, or after ten seconds.</summary>
    public static async Task WaitAsync(int pid, CancellationToken cancellationToken)
    {
        var quiet = 0;
        var last = ProcFs.CpuTime(pid);
        for (var i = 0; i < Looks && quiet < QuietLooks; i++)
        {
            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
            var now = ProcFs.CpuTime(pid);
            quiet = now - last <= Little ? quiet + 1 : 0;
            last = now;
        }
    }
}
