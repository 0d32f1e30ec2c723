using System.Net;
using Adit.Api;
using Adit.Runner.Executors;

namespace Adit.Runner.Tests.Agent;

/// <summary>The real executor of processes, with a place for a fault or a pause before each thing that it does.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
internal sealed class HookedExecutor : IExecutor, IDisposable
{
    private readonly ProcessExecutor _real = new(new() { Path = "/usr/bin:/bin" }, new Random(), TimeProvider.System);

    public string Name => _real.Name;

    public Func<Task> BeforePrepare { get; set; } = static () => Task.CompletedTask;

    /// <summary>Gets what calls a preparation off, before that begins.</summary>
    public Action<CancellationToken> OnPrepare { get; set; } = static _ => { };

    public Func<Task> BeforeStop { get; set; } = static () => Task.CompletedTask;

    public Func<Task> BeforeForget { get; set; } = static () => Task.CompletedTask;

    public Func<Task> BeforeUsage { get; set; } = static () => Task.CompletedTask;

    /// <summary>How often something was started.</summary>
    public int Starts;

    public bool IsDisposed { get; private set; }

    public Task<ExecutorCheck> CheckAsync(CancellationToken cancellationToken) => _real.CheckAsync(cancellationToken);

    public async Task PrepareAsync(TaskPlace place, TaskSpec spec, IProgress<string> progress, CancellationToken cancellationToken)
    {
        OnPrepare(cancellationToken);
        await BeforePrepare();
        await _real.PrepareAsync(place, spec, progress, cancellationToken);
    }

    public async Task<IExecution> StartAsync(TaskPlace place, TaskSpec spec, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref Starts);
        return new Hooked(this, await _real.StartAsync(place, spec, cancellationToken));
    }

    public async Task<IExecution?> AdoptAsync(TaskPlace place, TaskSpec spec, CancellationToken cancellationToken) =>
        await _real.AdoptAsync(place, spec, cancellationToken) is { } execution ? new Hooked(this, execution) : null;

    public async Task ForgetAsync(TaskPlace place, int upTo, CancellationToken cancellationToken)
    {
        if (upTo == int.MaxValue)
            await BeforeForget();
        await _real.ForgetAsync(place, upTo, cancellationToken);
    }

    public void Dispose() => IsDisposed = true;

    private sealed class Hooked(HookedExecutor hooks, IExecution real) : IExecution
    {
        public Task<ExecutionEnd> Ended => real.Ended;

        public IReadOnlyDictionary<string, IPEndPoint> Ports => real.Ports;

        public bool ArePortsProxied => real.ArePortsProxied;

        public Task ReadOutputAsync(TaskSpool spool, CancellationToken cancellationToken) => real.ReadOutputAsync(spool, cancellationToken);

        public async Task<TaskUsage?> UsageAsync(CancellationToken cancellationToken)
        {
            await hooks.BeforeUsage();
            return await real.UsageAsync(cancellationToken);
        }

        public async Task StopAsync(TimeSpan grace, CancellationToken cancellationToken)
        {
            await hooks.BeforeStop();
            await real.StopAsync(grace, cancellationToken);
        }

        public Task FreezeAsync(CancellationToken cancellationToken) => real.FreezeAsync(cancellationToken);

        public Task ThawAsync(CancellationToken cancellationToken) => real.ThawAsync(cancellationToken);

        public Task<int> ExecAsync(ExecRequest request, ExecStreams streams, CancellationToken cancellationToken) => real.ExecAsync(request, streams, cancellationToken);

        public ValueTask DisposeAsync() => real.DisposeAsync();
    }
}
