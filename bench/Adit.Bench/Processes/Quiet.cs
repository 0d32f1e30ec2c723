namespace Adit.Bench.Processes;

/// <summary>Waiting until a process has nothing left to do.</summary>
internal static class Quiet
{
    private const int Looks = 100;
    private const int QuietLooks = 5;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Little = TimeSpan.FromMilliseconds(10);

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
