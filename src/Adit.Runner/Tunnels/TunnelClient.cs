using Adit.Link;
using Adit.Runner.Hubs;

namespace Adit.Runner.Tunnels;

/// <summary>
/// Serves tunnels on one hub: holds the link, registers the tunnels on it whenever it comes up, and connects visitors' streams to targets.
/// The set of tunnels may change while it runs; what does not change is not disturbed.
/// </summary>
public sealed class TunnelClient : IAsyncDisposable
{
    private const int RegistrationsAtOnce = 8;
    private const string Subject = "tunnel:";

    private readonly HubAccess _hub;
    private readonly LinkClient _client;
    private readonly SemaphoreSlim _turns = new(RegistrationsAtOnce);
    private readonly Lock _lock = new();
    private readonly List<Running> _running = [];
    private readonly TaskCompletionSource<TunnelException> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _ending = new();
    private bool _started;

    /// <summary>Makes a client that does not run yet.</summary>
    public TunnelClient(HubAccess hub, IEnumerable<TunnelSpec> tunnels, TunnelClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(hub);
        ArgumentNullException.ThrowIfNull(options);
        _hub = hub;
        Options = options;
        Api = new HubApi(hub.CreateHttpClient(), hub.Url);
        Dialer = new TargetDialer(options.Time);
        Dialer.Failed += (request, e) => Report(new TargetFailed(request.Target, e.Message));
        _client = new LinkClient(new LinkClientOptions
        {
            Hub = hub.Url,
            Token = hub.Token,
            Name = options.ClientName,
            Version = options.Version,
            MaxConnections = options.MaxConnections,
            Trust = hub.Trust,
            Proxy = hub.Proxy,
            Time = options.Time,
            OnStream = stream => Dialer.ServeAsync(stream, _ending.Token),
        });
        _client.Connected += OnConnected;
        _client.Disconnected += OnDisconnected;
        _client.Noticed += OnNoticed;
        _client.Draining += reason => Report(new HubDraining(hub.Url, reason));
        foreach (var tunnel in tunnels)
            _running.Add(new Running(new ServedTunnel(tunnel, this)));
        TargetsChanged();
    }

    /// <summary>Told what happens; must not block. Comes from any thread.</summary>
    public event Action<TunnelReport>? Reported;

    /// <summary>
    /// Told when a single tunnel cannot go on. True keeps the others running; otherwise the client ends with the failure.
    /// </summary>
    public Func<string, TunnelException, bool>? OnTunnelFailed { get; init; }

    /// <summary>Connects streams to targets.</summary>
    public TargetDialer Dialer { get; }

    /// <summary>The hub's API.</summary>
    public HubApi Api { get; }

    /// <summary>The link's id while there is one.</summary>
    public string? LinkId => _client.LinkId;

    internal TunnelClientOptions Options { get; }

    internal LinkState Link { get; } = new();

    /// <summary>Serves until cancelled; then removes what shall not stay, ends programs, and closes the link.</summary>
    /// <exception cref="TunnelException">A tunnel cannot be.</exception>
    /// <exception cref="LinkRefusedException">The hub will not have this client.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var linking = new CancellationTokenSource();
        var link = _client.RunAsync(linking.Token);
        lock (_lock)
        {
            _started = true;
            foreach (var running in _running)
                running.Start(this);
        }

        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = cancellationToken.UnsafeRegister(static t => ((TaskCompletionSource)t!).TrySetResult(), cancelled);
        var first = await Task.WhenAny(link, _failed.Task, cancelled.Task);

        await _ending.CancelAsync();
        Task[] tasks;
        lock (_lock)
            tasks = [.. _running.Select(static r => r.EndAsync())];
        await Task.WhenAll(tasks);
        await linking.CancelAsync();
        await link;
        if (first == _failed.Task)
            throw await _failed.Task;
    }

    /// <summary>
    /// Makes the tunnels these: starts new ones, ends those that are gone, and registers those again whose settings changed.
    /// </summary>
    public async Task ReplaceAsync(IReadOnlyList<TunnelSpec> tunnels)
    {
        ArgumentNullException.ThrowIfNull(tunnels);
        List<Task> ends = [];
        List<Running> added = [];
        lock (_lock)
        {
            var wanted = tunnels.ToList();
            foreach (var running in _running.ToArray())
            {
                if (wanted.Remove(running.Asked) && !running.HasEnded)
                    continue;
                _running.Remove(running);
                running.Tunnel.LeaveAtEnd = wanted.Any(w => w.Name == running.Asked.Name && w.Kind == running.Asked.Kind);
                ends.Add(running.EndAsync());
            }

            added.AddRange(wanted.Select(w => new Running(new ServedTunnel(w, this))));
        }

        await Task.WhenAll(ends);
        lock (_lock)
        {
            _running.AddRange(added);
            TargetsChanged();
            if (_started && !_ending.IsCancellationRequested)
            {
                foreach (var running in added)
                    running.Start(this);
            }
        }
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        Api.Dispose();
        _turns.Dispose();
        _ending.Dispose();
        return ValueTask.CompletedTask;
    }

    internal void Report(TunnelReport report) => Reported?.Invoke(report);

    /// <summary>Compiles the allow-list anew.</summary>
    internal void TargetsChanged()
    {
        lock (_lock)
        {
            Dialer.Allowed = new AllowList(
                _running.Where(static r => r.Tunnel.Spec.Target is not null).Select(static r => (r.Tunnel.Spec.Target!, r.Tunnel.Spec.UpstreamInsecure)), Options.Allow);
        }
    }

    /// <summary>A turn to register: a thousand tunnels do not ask at once. Dispose to give it back.</summary>
    internal async Task<IDisposable> TurnAsync(CancellationToken cancellationToken)
    {
        await _turns.WaitAsync(cancellationToken);
        return new Turn(_turns);
    }

    private void OnConnected(string link)
    {
        Report(new LinkUp(_hub.Url, link));
        // LinkClient knows the id by now: whoever registers may compare with it.
        Link.Set(link);
    }

    private void OnDisconnected(string reason, TimeSpan retryIn)
    {
        Link.Set(null);
        Report(new LinkDown(_hub.Url, reason, retryIn));
    }

    private void OnNoticed(string subject, string? reason)
    {
        if (!subject.StartsWith(Subject, StringComparison.Ordinal))
            return;
        lock (_lock)
            _running.FirstOrDefault(r => r.Tunnel.Name == subject[Subject.Length..])?.Tunnel.WasRemoved(reason);
    }

    private void Failed(ServedTunnel tunnel, TunnelException e)
    {
        if (OnTunnelFailed?.Invoke(tunnel.Name, e) != true)
            _failed.TrySetResult(e);
        else
            Report(new TunnelEnded(tunnel.Name, e.Message));
    }

    private sealed class Turn(SemaphoreSlim turns) : IDisposable
    {
        public void Dispose() => turns.Release();
    }

    // A tunnel and the task that serves it.
    private sealed class Running(ServedTunnel tunnel)
    {
        private readonly CancellationTokenSource _stop = new();
        private Task _task = Task.CompletedTask;

        public ServedTunnel Tunnel { get; } = tunnel;

        // As it was asked for: a program's port is filled in later.
        public TunnelSpec Asked { get; } = tunnel.Spec;

        public bool HasEnded => _task.IsCompleted;

        public void Start(TunnelClient client) => _task = RunAsync(client);

        public async Task EndAsync()
        {
            await _stop.CancelAsync();
            await _task;
        }

        private async Task RunAsync(TunnelClient client)
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            try
            {
                await Tunnel.RunAsync(_stop.Token);
            }
            catch (TunnelException e)
            {
                client.Failed(Tunnel, e);
            }
            catch (OperationCanceledException)
            {
                // Ended while its program started.
            }
            catch (Exception e)
            {
                // A defect in one tunnel's service must be seen and must not end the others silently.
                client.Failed(Tunnel, new TunnelException(TunnelFailure.Failed, $"Tunnel {Tunnel.Name} failed: {e.Message}", e));
            }
        }
    }
}
