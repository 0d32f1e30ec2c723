using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using Adit.Api;
using Adit.Link;
using Adit.Runner.Exec;
using Adit.Runner.Executors;
using Adit.Runner.Hubs;
using Adit.Runner.Tunnels;
using Adit.Runner.Workspaces;

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

    private readonly SemaphoreSlim _changed = new(0);
    private readonly CancellationTokenSource _ending = new();
    private readonly string _process = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
    private readonly HubAccess _hub;
    private readonly RunnerOptions _options;
    private readonly Installation _installation;
    private readonly IReadOnlyDictionary<string, IExecutor> _executors;
    private readonly Machine _machine;
    private readonly TargetDialer _dialer;
    private readonly HubApi _api;
    private readonly LinkClient _link;
    private readonly LogShipping _shipping;
    private readonly AgentTasks _tasks;
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
        _shipping = new LogShipping(_api, options.Time, () => _changed.Release());
        _tasks = new AgentTasks(installation.Path, _executors, _shipping, options.Time, () => _changed.Release(), Note, new WorkspaceSync(_api, () => _shipping.Link, options.Time));
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
        return Open(hub, options, ExecutorSet.Of(options.Random, options.Time));
    }

    /// <summary>The same with other executors, which it disposes.</summary>
    internal static RunnerAgent Open(HubAccess hub, RunnerOptions options, IEnumerable<IExecutor> executors)
    {
        var installation = Installation.Open(options.DataDirectory);
        try
        {
            return new RunnerAgent(hub, options, installation, executors);
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
        _control = await ControlServer.StartAsync(_tasks.Desire, HaltAsync, SnapshotAsync);
        await _tasks.TakeUpAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var state = new LinkState();
        _link.Connected += link =>
        {
            _tasks.Begin(link);
            state.Set(link);
        };
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
        await _tasks.DisposeAsync();
        foreach (var executor in _executors.Values.OfType<IDisposable>())
            executor.Dispose();
        _api.Dispose();
        _installation.Dispose();
        _changed.Dispose();
        _ending.Dispose();
    }

    private Task<string?> HaltAsync(string id, bool isHalted, CancellationToken cancellationToken) =>
        _tasks.Find(id) is { } task ? task.HaltAsync(isHalted, cancellationToken) : Task.FromResult<string?>("this runner does not have it");

    private Task<(CreatedSnapshot? Made, string? Refusal)> SnapshotAsync(string id, string? message) =>
        _tasks.Find(id) is { } task ? task.SnapshotAsync(message) : Task.FromResult<(CreatedSnapshot?, string?)>((null, "this runner does not have it"));

    private async Task ReportAsync(LinkState state, CancellationToken cancellationToken)
    {
        string? greeted = null;
        string? said = null;
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
                _tasks.Desire(welcome.Desired, link);
                _shipping.Link = link;
                await ReportOnAsync(link, cancellationToken);
            }
            catch (HubApiException e) when (IsRefusal(e))
            {
                throw;
            }
            catch (Exception e) when (e is HubApiException or HttpRequestException or IOException or UnauthorizedAccessException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // The link says by itself that the hub is not there.
                if (e is not (HttpRequestException or OperationCanceledException or HubApiException { Code: "link-gone" or "session" }) && e.Message != said)
                    Note(new RunnerNote($"The hub cannot be told what runs here; trying again. {said = e.Message}", IsTrouble: true));
                greeted = null;
                await Task.Delay(AgainAfter, _options.Time, cancellationToken);
            }
        }
    }

    // What the hub itself says for good. A status without a word is of something between, which may pass.
    private static bool IsRefusal(HubApiException e) =>
        (int)e.Status is >= 400 and < 500 and not ((int)HttpStatusCode.RequestTimeout or (int)HttpStatusCode.TooManyRequests) && e.Code is not (null or "link-gone" or "session");

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

        var facts = await _machine.FactsAsync(works, warnings, cancellationToken);
        Warnings = facts.Warnings;
        _tasks.Gpus.Know(facts.Gpus);
        return await _api.GreetAsync(
            new RunnerHello
            {
                Name = _options.Name,
                Installation = _installation.Word,
                Process = _process,
                Version = _options.Version,
                Protocol = Protocol,
                Link = link,
                Facts = facts with { IsHubUser = _options.IsHubUser },
                Labels = _options.Labels,
                Taints = _options.Taints,
                IsPrivate = _options.IsPrivate,
                Tasks = _tasks.Seen(),
            },
            cancellationToken);
    }

    // Changes at once, everything every ten seconds, as long as the link stands.
    private async Task ReportOnAsync(string link, CancellationToken cancellationToken)
    {
        var told = new Dictionary<string, ObservedTask>(StringComparer.Ordinal);
        var held = new Dictionary<TaskAttempt, long>(); // What has ended and has lines that the hub has not, since when.
        var last = _options.Time.GetTimestamp();
        while (_link.LinkId == link)
        {
            var due = held.Values.Select(since => LogFirstWithin - _options.Time.GetElapsedTime(since)).Where(static left => left > TimeSpan.Zero);
            await ChangedWithinAsync(due.Append(ReportEvery - _options.Time.GetElapsedTime(last)).Min(), cancellationToken);
            var isWhole = _options.Time.GetElapsedTime(last) >= ReportEvery; // However often something changes.
            RunnerUsage? usage = null;
            if (isWhole)
            {
                last = _options.Time.GetTimestamp();
                told.Clear();
                usage = await UsageAsync(cancellationToken);
                await Task.WhenAll(_tasks.All.Select(t => t.MeasureAsync(cancellationToken)));
            }

            // Its log before its end, so that who follows the log sees all of it; but not for ever.
            var seen = new List<ObservedTask>();
            var behind = new HashSet<TaskAttempt>();
            foreach (var task in _tasks.All.Where(static t => !t.MayGo))
            {
                var now = task.Seen;
                var attempt = new TaskAttempt(now.Id, now.Attempt);
                if (now.State is TaskState.Stopped or TaskState.Failed && !_shipping.HasAll(task))
                {
                    behind.Add(attempt);
                    held.TryAdd(attempt, _options.Time.GetTimestamp());
                    if (_options.Time.GetElapsedTime(held[attempt]) < LogFirstWithin)
                        continue;
                }

                if (told.GetValueOrDefault(now.Id) != now)
                    seen.Add(now);
            }

            foreach (var attempt in held.Keys.Except(behind).ToList())
                held.Remove(attempt);
            IReadOnlyList<ObservedTask> all = [.. seen, .. _tasks.Absent()];
            if (all.Count > 0 || isWhole)
                await _api.ReportAsync(new RunnerReport { Link = link, Usage = usage, Tasks = [.. all.Take(AgentTasks.MostTold)] }, cancellationToken);
            foreach (var one in seen)
                told[one.Id] = one;
            _tasks.Tidy();
        }
    }

    // One report for all that has changed meanwhile.
    private async Task ChangedWithinAsync(TimeSpan within, CancellationToken cancellationToken)
    {
        using var due = new CancellationTokenSource(within > TimeSpan.Zero ? within : TimeSpan.Zero, _options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(due.Token, cancellationToken);
        try
        {
            await _changed.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return;
        }

        while (_changed.CurrentCount > 0 && await _changed.WaitAsync(0, cancellationToken))
        {
            // See above.
        }
    }

    // Null where the machine does not say: that it is there counts for more.
    private async Task<RunnerUsage?> UsageAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _machine.UsageAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private async Task ServeAsync(LinkStream stream)
    {
        var target = stream.Request.Target;
        if (target == ControlServer.Target)
        {
            await using (stream)
                await _control!.ServeAsync(stream, _link.LinkId);
        }
        else if (target.StartsWith(ExecScheme, StringComparison.Ordinal))
        {
            await stream.ConfirmOpenedAsync();
            await using var bytes = stream.AsStream();
            await ExecService.ServeAsync(_tasks.Find(target[ExecScheme.Length..])?.Execution, bytes, _options.Time, _ending.Token);
        }
        else if (target.StartsWith(TaskScheme, StringComparison.Ordinal) && target[TaskScheme.Length..].Split('/') is [var id, var port] && _tasks.Find(id) is { } task)
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
