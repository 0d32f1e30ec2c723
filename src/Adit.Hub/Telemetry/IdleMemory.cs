using Microsoft.Extensions.Hosting;

namespace Adit.Hub.Telemetry;

/// <summary>
/// Gives memory back when a burst is over. The collector runs when a process allocates, so one that has made thousands of tunnels and then
/// falls silent keeps what the burst needed; this collects once, when little has been allocated for ten seconds after much was.
/// </summary>
internal sealed class IdleMemory(TimeProvider time) : IHostedService, IDisposable
{
    private const long Much = 16 * 1024 * 1024;
    private const long Little = 1024 * 1024;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);

    private ITimer? _timer;
    private long _atLastLook;
    private long _atLastCollection;

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

    private void Look()
    {
        var allocated = GC.GetTotalAllocatedBytes();
        var isQuiet = allocated - _atLastLook < Little;
        _atLastLook = allocated;
        if (!isQuiet || allocated - _atLastCollection < Much)
            return;
        _atLastCollection = allocated;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}
