using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;

namespace Adit.Hub.Telemetry;

/// <summary>
/// Gives memory back when a burst is over. The collector runs when a process allocates, so one that has made thousands of tunnels and then
/// falls silent keeps what the burst needed; this collects once, when three seconds have been quiet after much was allocated.
/// </summary>
/// <remarks>
/// The heartbeats of thousands of idle links allocate too, all the time and little: they are no burst, however long they go on.
/// </remarks>
/// <param name="time">The clock.</param>
/// <param name="allocated">How many bytes the process has ever allocated.</param>
/// <param name="collect">Gives back what is not needed.</param>
internal sealed partial class IdleMemory(TimeProvider time, Func<long> allocated, Action collect) : IHostedService, IDisposable
{
    /// <summary>How often it looks.</summary>
    internal static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    /// <summary>How many looks in a row must have seen little.</summary>
    internal const int QuietLooks = 3;

    /// <summary>Bytes that a burst must have allocated to be worth a collection.</summary>
    internal const long Much = 16 * 1024 * 1024;

    /// <summary>Bytes between two looks that are no burst.</summary>
    internal const long Little = 2 * 1024 * 1024;

    private ITimer? _timer;
    private long _atLastLook;
    private long _inBurst;
    private int _quiet;

    public IdleMemory(TimeProvider time)
        : this(
            time,
            static () => GC.GetTotalAllocatedBytes(),
            Collect)
    {
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _timer = time.CreateTimer(static m => ((IdleMemory)m!).Look(), this, Every, Every);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose() => _timer?.Dispose();

    private static void Collect()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            // OpenSSL and SQLite have freed too, and the C library keeps that until it is asked.
            _ = TrimNative(0);
        }
        catch (EntryPointNotFoundException)
        {
            // A C library that has no such function (musl).
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int TrimNative(nuint pad);

    private void Look()
    {
        var now = allocated();
        var grown = now - _atLastLook;
        _atLastLook = now;
        if (grown >= Little)
        {
            _inBurst += grown;
            _quiet = 0;
            return;
        }

        if (++_quiet < QuietLooks || _inBurst < Much)
            return;
        _inBurst = 0;
        collect();
    }
}
