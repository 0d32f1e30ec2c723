using System.Collections.Concurrent;
using System.Net;
using Adit.Api;
using Adit.Link;
using Adit.Runner.Exec;
using Adit.Runner.Executors;
using Adit.Runner.Hubs;
using Adit.Runner.Tunnels;

namespace Adit.Runner.Agent;

/// <summary>
/// A runner: holds a link to its hub, does what the hub says should be, and says what is (docs/decisions/0008-runners-and-tasks.md). Its tasks
/// outlive it; the next process with the same data directory takes them up.
/// </summary>
public sealed class RunnerAgent : IAsyncDisposable
{
    private const int Protocol = 1;
    private const string TaskScheme = "task:";
    private const string ExecScheme = "exec:";
    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AgainAfter = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LogFirstWithin = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan KnownWithin = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, AgentTask> _tasks = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _changed = new(0);
    private readonly CancellationTokenSource _ending = new();
    private readonly HubAccess _hub;
    private readonly RunnerOptions _options;
    private readonly Installation _installation;
    private readonly IReadOnlyDictionary<string, IExecutor> _executors;
    private readonly Machine _machine;
    private readonly TargetDialer _dialer;
    private readonly HubApi _api;
    private readonly LinkClient _link;
    private readonly LogShipping _shipping;
    private ControlServer? _control;

    private RunnerAgent(HubAccess hub, RunnerOptions options, Installation installation, IEnumerable<IExecutor> executors)
    {
        _hub = hub;
        _options = options;
        _installation = installation;
        _executors = executors.ToDictionary(static e => e.Name, StringComparer.Ordinal);
        _machine = new Machine(installation.Path, options.Time);
        _dialer = new TargetDialer(options.Time);
        _api = new HubApi(hub.CreateHttpClient(), hub.Url);
        _shipping = new LogShipping(_api, options.Time);
        _link = new LinkClient(new LinkClientOptions
        {
            Hub = hub.Url,
            Token = hub.Token,
            Name = options.Name,
            Version = options.Version,
            Trust = hub.Trust,
            Proxy = hub.Proxy,
            Time = options.Time,
            OnStream = ServeAsync,
        });
        _link.Disconnected += (reason, retryIn) => Note(new RunnerNote($"The link is down ({reason}); trying again."));
        _link.Draining += reason => Note(new RunnerNote($"The hub is about to restart: {reason}"));
    }

    /// <summary>Told what happens; must not block. Comes from any thread.</summary>
    public event Action<RunnerNote>? Noted;

    /// <summary>The hub has taken this runner: the name it has there. Comes again after each reconnect.</summary>
    public event Action<string>? Ready;

    /// <summary>What does not work here as it could, as the hub was told last: a sentence each.</summary>
    public IReadOnlyList<string> Warnings { get; private set; } = [];

    /// <summary>Opens a runner's data directory and takes up the tasks of it.</summary>
    /// <exception cref="IOException">The directory cannot be used, or another runner does.</exception>
    public static RunnerAgent Open(HubAccess hub, RunnerOptions options)
    {
        ArgumentNullException.ThrowIfNull(hub);
        ArgumentNullException.ThrowIfNull(options);
        var installation = Installation.Open(options.DataDirectory);
        try
        {
            return new RunnerAgent(hub, options, installation, ExecutorSet.Of(options.Random, options.Time));
        }
        catch
        {
            installation.Dispose();
            throw;
        }
    }

    /// <summary>Serves until cancelled. Tasks go on.</summary>
    /// <exception cref="LinkRefusedException">The hub will not have this runner.</exception>
    /// <exception cref="HubApiException">The hub says that this is not to be: the name is another's, the token's account is another.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        _control = await ControlServer.StartAsync(Desire, HaltAsync);
        await TakeUpAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var state = new LinkState();
        _link.Connected += state.Set;
        _link.Disconnected += (_, _) => state.Set(null);
        var linking = _link.RunAsync(stop.Token);
        var reporting = ReportAsync(state, stop.Token);
        var first = await Task.WhenAny(linking, reporting);
        await stop.CancelAsync();
        await reporting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await linking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _shipping.DisposeAsync();
        if (!cancellationToken.IsCancellationRequested)
            await first;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        if (_control is not null)
            await _control.DisposeAsync();
        await _shipping.DisposeAsync();
        foreach (var task in _tasks.Values)
            await task.DisposeAsync();
        foreach (var executor in _executors.Values.OfType<IAsyncDisposable>())
            await executor.DisposeAsync();
        _api.Dispose();
        _installation.Dispose();
        _changed.Dispose();
        _ending.Dispose();
    }

    private Task<string?> HaltAsync(string id, bool isHalted, CancellationToken cancellationToken) =>
        _tasks.TryGetValue(id, out var task) ? task.HaltAsync(isHalted, cancellationToken) : Task.FromResult<string?>("this runner does not have it");

    private async Task TakeUpAsync()
    {
        foreach (var place in TaskPlace.All(_installation.Path))
        {
            if (TaskMemory.Read(place) is { } memory)
                Add(place, memory);
            else
                Note(new RunnerNote($"{place.Path} holds no task that can be read; left alone.", IsTrouble: true));
        }

        // What is known says more than "preparing" would.
        using var patience = new CancellationTokenSource(KnownWithin, _options.Time);
        await Task.WhenAll(_tasks.Values.Select(static t => t.Known)).WaitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private AgentTask Add(TaskPlace place, TaskMemory memory)
    {
        var task = new AgentTask(place, memory, _executors, _options.Time, () => _changed.Release());
        _tasks[place.Id] = task;
        _shipping.Follow(task);
        return task;
    }

    // What the hub says should be. Repeated, late and old ones do nothing.
    private void Desire(DesiredTasks desired)
    {
        foreach (var item in desired.Items)
        {
            try
            {
                if (_tasks.TryGetValue(item.Spec.Id, out var task))
                {
                    task.Desire(item);
                    continue;
                }

                var memory = new TaskMemory { Spec = item.Spec, Run = item.Run };
                var place = new TaskPlace(_installation.Path, item.Spec.Id);
                memory.Write(place);
                Add(place, memory);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
            {
                Note(new RunnerNote($"The task {item.Spec.Name} cannot be taken: {e.Message}", IsTrouble: true)); // The hub says it again.
            }
        }

        var named = desired.Items.Select(static i => i.Spec.Id).ToHashSet(StringComparer.Ordinal);
        var forgotten = (desired.Forget ?? []).Concat(
            desired.IsAll ? _tasks.Values.Where(t => !named.Contains(t.Id)).Select(static t => new TaskAttempt(t.Id, int.MaxValue)) : []);
        foreach (var (id, attempt) in forgotten)
        {
            if (!_tasks.TryGetValue(id, out var task))
                continue;
            try
            {
                task.Forget(attempt);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Note(new RunnerNote($"The task {id} cannot be forgotten yet: {e.Message}", IsTrouble: true));
            }
        }

        _changed.Release();
    }

    private async Task ReportAsync(LinkState state, CancellationToken cancellationToken)
    {
        string? greeted = null;
        while (true)
        {
            var link = await state.NextAsync(greeted, cancellationToken);
            try
            {
                var welcome = await GreetAsync(link, cancellationToken);
                greeted = link;
                Ready?.Invoke(welcome.Name);
                if (welcome.Notice is not null)
                    Note(new RunnerNote(welcome.Notice));
                Desire(welcome.Desired);
                _shipping.Link = link;
                await ReportOnAsync(link, cancellationToken);
            }
            catch (HubApiException e) when ((int)e.Status is >= 400 and < 500 and not ((int)HttpStatusCode.RequestTimeout or (int)HttpStatusCode.TooManyRequests) && e.Code is not ("link-gone" or "session"))
            {
                throw;
            }
            catch (Exception e) when (e is HubApiException or HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                greeted = null;
                await Task.Delay(AgainAfter, _options.Time, cancellationToken);
            }
        }
    }

    private async Task<RunnerWelcome> GreetAsync(string link, CancellationToken cancellationToken)
    {
        var works = new List<string>();
        var warnings = new List<string>();
        foreach (var executor in _executors.Values)
        {
            var check = await executor.CheckAsync(cancellationToken);
            if (check.Works)
                works.Add(executor.Name);
            warnings.AddRange(check.Warnings);
        }

        Warnings = warnings;
        return await _api.GreetAsync(
            new RunnerHello
            {
                Name = _options.Name,
                Installation = _installation.Word,
                Version = _options.Version,
                Protocol = Protocol,
                Link = link,
                Facts = await _machine.FactsAsync(works, warnings, cancellationToken),
                Labels = _options.Labels,
                Taints = _options.Taints,
                IsPrivate = _options.IsPrivate,
                Tasks = [.. _tasks.Values.Select(static t => t.Seen)],
            },
            cancellationToken);
    }

    // Changes at once, everything every ten seconds, as long as the link stands.
    private async Task ReportOnAsync(string link, CancellationToken cancellationToken)
    {
        var told = new Dictionary<string, ObservedTask>(StringComparer.Ordinal);
        while (_link.LinkId == link)
        {
            var isChange = await _changed.WaitAsync(ReportEvery, cancellationToken);
            while (_changed.CurrentCount > 0 && await _changed.WaitAsync(0, cancellationToken))
            {
                // One report for all of them.
            }

            RunnerUsage? usage = null;
            if (!isChange)
            {
                told.Clear();
                usage = await _machine.UsageAsync(cancellationToken);
                await Task.WhenAll(_tasks.Values.Select(t => t.MeasureAsync(cancellationToken)));
            }

            // Its log before its end, so that who follows the log sees all of it; but not for ever.
            var late = _options.Time.GetUtcNow() - LogFirstWithin;
            var held = _tasks.Values.Where(t => t.Seen is { State: TaskState.Stopped or TaskState.Failed } s && s.Since > late && !_shipping.HasAll(t)).Select(static t => t.Id).ToHashSet(StringComparer.Ordinal);
            if (held.Count > 0)
                _ = LookAgainAsync(cancellationToken);
            var seen = _tasks.Values.Select(static t => t.Seen).Where(s => !held.Contains(s.Id) && told.GetValueOrDefault(s.Id) != s).ToList();
            if (seen.Count > 0 || usage is not null)
                await _api.ReportAsync(new RunnerReport { Link = link, Usage = usage, Tasks = seen }, cancellationToken);
            foreach (var one in seen)
                told[one.Id] = one;
            await RemoveForgottenAsync();
        }
    }

    private async Task LookAgainAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(LookAgainAfter, _options.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!cancellationToken.IsCancellationRequested)
            _changed.Release();
    }

    private async Task RemoveForgottenAsync()
    {
        foreach (var task in _tasks.Values.Where(t => t.MayGo && _shipping.HasAll(t)))
        {
            _tasks.TryRemove(task.Id, out _);
            await _shipping.LeaveAsync(task);
            try
            {
                await task.RemoveAsync();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ExecutorException)
            {
                Note(new RunnerNote($"What is left of the task {task.Id} could not be removed: {e.Message}", IsTrouble: true));
            }
        }
    }

    private async Task ServeAsync(LinkStream stream)
    {
        var target = stream.Request.Target;
        if (target == ControlServer.Target)
        {
            await using (stream)
                await _control!.ServeAsync(stream);
        }
        else if (target.StartsWith(ExecScheme, StringComparison.Ordinal))
        {
            await stream.ConfirmOpenedAsync();
            await using var bytes = stream.AsStream();
            await ExecService.ServeAsync(_tasks.GetValueOrDefault(target[ExecScheme.Length..])?.Execution, bytes, _ending.Token);
        }
        else if (target.StartsWith(TaskScheme, StringComparison.Ordinal) && target[TaskScheme.Length..].Split('/') is [var id, var port] && _tasks.TryGetValue(id, out var task))
        {
            await _dialer.ServeAsync(stream, task.PortOf(port), CancellationToken.None);
        }
        else
        {
            await using (stream)
                stream.Reset(ResetCode.Forbidden, $"The runner does not serve '{target}'.");
        }
    }

    private void Note(RunnerNote note) => Noted?.Invoke(note);
}
