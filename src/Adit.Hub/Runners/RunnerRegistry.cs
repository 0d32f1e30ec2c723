using System.Collections.Concurrent;
using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Storage;
using Adit.Link;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Runners;

/// <summary>
/// All runners: who they are, whether they are there, and the way to them. A runner is its installation, a random word that its data
/// directory keeps, so that two machines with one token and one name are never taken for one.
/// </summary>
internal sealed partial class RunnerRegistry : IRunners, ITokenUse, IDisposable
{
    /// <summary>The version of the runner protocol that this hub speaks, and the oldest that it still understands.</summary>
    public const int Protocol = 1;

    private const int OldestProtocol = 1;

    /// <summary>How long a runner may be away until its tasks are called lost.</summary>
    public static readonly TimeSpan LostAfter = TimeSpan.FromSeconds(90);

    private static readonly TimeSpan SilentAfter = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan SeenEvery = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<string, LiveRunner> _runners = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, LiveRunner> _byLink = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _turn = new(1, 1); // Over registering, renaming and removing.
    private readonly Lock _sessions = new(); // Over who has which link. Nobody else's lock is taken under it.
    private readonly RunnerStore _store;
    private readonly LinkHost _links;
    private readonly Lazy<IRunnerWork> _work;
    private readonly TimeProvider _time;
    private readonly ILogger<RunnerRegistry> _log;
    private readonly ITimer _look;

    public RunnerRegistry(RunnerStore store, LinkHost links, IServiceProvider services, TimeProvider time, ILogger<RunnerRegistry> log)
    {
        _store = store;
        _links = links;
        _work = new Lazy<IRunnerWork>(services.GetRequiredService<IRunnerWork>); // It knows runners in turn.
        _time = time;
        _log = log;
        links.Disconnected += OnDisconnected;
        _look = time.CreateTimer(_ => Look(), null, LookEvery, LookEvery);
    }

    /// <inheritdoc />
    public IReadOnlyCollection<LiveRunner> All => (IReadOnlyCollection<LiveRunner>)_runners.Values;

    /// <inheritdoc />
    public LiveRunner? Find(string name) => _runners.GetValueOrDefault(name);

    /// <summary>Loads what is stored. Each runner has the grace time to come back to a restarted hub.</summary>
    public async Task LoadAsync()
    {
        foreach (var record in await _store.ListAsync())
        {
            var runner = new LiveRunner(record);
            _runners[record.Name] = runner;
            StartGrace(runner);
        }
    }

    /// <summary>A runner is there: registers it when it is new, and tells it what it should have.</summary>
    /// <exception cref="RunnerRefusal">It may not be that runner, or its link is gone by now.</exception>
    public async Task<RunnerWelcome> GreetAsync(RunnerHello hello, Caller caller)
    {
        RunnerRules.Check(hello, OldestProtocol);
        if (_links.Find(hello.Link) is not { } link || link.Principal.TokenId != caller.TokenId)
            throw LinkGone();
        var known = Installed(hello) ?? await RegisterAsync(hello, caller);
        await known.Turn.WaitAsync();
        try
        {
            await RefuseSecondAsync(known, hello, link, caller);
            var runner = await RegisterAsync(hello, caller);
            if (runner != known)
                throw LinkGone(); // It was removed meanwhile.
            var session = Attach(runner, link, Math.Min(hello.Protocol, Protocol), hello.Process) ?? throw LinkGone();
            await _work.Value.ObserveAsync(runner, hello.Tasks, isAll: true);
            _work.Value.RunnerChanged(runner.Record.Name);
            return new RunnerWelcome
            {
                Name = runner.Record.Name,
                Protocol = session.Protocol,
                Notice = RunnerRules.NoticeFor(runner.Record.Version),
                Desired = await _work.Value.DesiredOfAsync(runner, session),
            };
        }
        finally
        {
            known.Turn.Release();
        }
    }

    /// <summary>The runner whose session this link carries; null when there is none, so that it says hello again.</summary>
    public LiveRunner? OfLink(string link, Caller caller) =>
        _byLink.TryGetValue(link, out var runner) && runner.Session is { } session && session.Link.Id == link && session.Link.Principal.TokenId == caller.TokenId
            ? runner
            : null;

    /// <summary>What a runner reports. What it says to be in use and cannot be is not known then; its tasks count.</summary>
    public async Task HearAsync(LiveRunner runner, RunnerReport report)
    {
        Hear(runner);
        if (report.Usage is not null)
            runner.Usage = RunnerRules.CanBe(report.Usage) ? report.Usage : null;
        if (report.Tasks.Count > 0)
            await _work.Value.ObserveAsync(runner, report.Tasks, isAll: false);
    }

    /// <summary>Changes what an admin says about a runner.</summary>
    /// <exception cref="RunnerRefusal">It is gone, or the new name is taken.</exception>
    public async Task<RunnerRecord> ChangeAsync(string name, Func<RunnerRecord, RunnerRecord> change)
    {
        await _turn.WaitAsync();
        try
        {
            var runner = Find(name) ?? throw new RunnerRefusal(RunnerRefusalCode.NotFound, $"runner '{name}'");
            var before = runner.Record;
            var next = change(before);
            if (next.Name == name)
            {
                await _store.SaveAsync(next);
                runner.Record = next;
            }
            else if (_runners.ContainsKey(next.Name))
            {
                throw new RunnerRefusal(RunnerRefusalCode.NameTaken, $"There is a runner '{next.Name}' already; choose another name.");
            }
            else
            {
                await _work.Value.RenameAsync(name, next.Name, () => Swap(runner, next), () => Swap(runner, before), connection => RunnerStore.Save(connection, next));
            }

            _work.Value.RunnerChanged(next.Name);
            return next;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Forgets a runner. One that is there comes back as a new one when its token still may.</summary>
    /// <exception cref="RunnerRefusal">It is gone, or it has tasks.</exception>
    public async Task RemoveAsync(string name)
    {
        await _turn.WaitAsync();
        try
        {
            var runner = Find(name) ?? throw new RunnerRefusal(RunnerRefusalCode.NotFound, $"runner '{name}'");
            if (_work.Value.Loads().GetValueOrDefault(name)?.Count is > 0 and var count)
                throw new RunnerRefusal(RunnerRefusalCode.Busy, $"The runner '{name}' has {count} tasks; drain it first, or remove them.");
            await _store.RemoveAsync(name);
            _runners.TryRemove(name, out _); // From here on its link's end starts no grace time, in which another could get its name.
            Detach(runner)?.Close("the runner was removed");
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        _links.Disconnected -= OnDisconnected;
        _look.Dispose();
        foreach (var runner in _runners.Values)
        {
            runner.Grace?.Dispose();
            runner.Session?.Dispose();
        }
    }

    private static RunnerRefusal LinkGone() => new(RunnerRefusalCode.LinkGone, "The link of this session is gone; connect again.");

    private void Hear(LiveRunner runner)
    {
        runner.Seen = _time.GetUtcNow();
        runner.Heard = _time.GetTimestamp();
    }

    // In the turn, and where no task changes.
    private void Swap(LiveRunner runner, RunnerRecord record)
    {
        _runners.TryRemove(runner.Record.Name, out _);
        runner.Record = record;
        _runners[record.Name] = runner;
    }

    // Null when the link has gone meanwhile, or the runner was removed.
    private RunnerSession? Attach(LiveRunner runner, HubLink link, int protocol, string? process)
    {
        RunnerSession? old;
        RunnerSession session;
        lock (_sessions)
        {
            if (_runners.GetValueOrDefault(runner.Record.Name) != runner)
                return null;
            old = runner.Session;
            runner.Grace?.Dispose();
            runner.Grace = null;
            Hear(runner);
            if (old?.Link == link)
                return old;
            session = new RunnerSession(link, protocol, process, _time);
            runner.Session = session;
            _byLink[link.Id] = runner;
            if (old is not null)
                _byLink.TryRemove(old.Link.Id, out _);
        }

        if (old is not null)
        {
            old.Link.Close("the runner has connected anew");
            old.Dispose();
        }

        if (!link.Closed.IsCancellationRequested)
            return session;
        OnDisconnected(link, "the link was lost"); // It went while we were at it, and nobody else will say so.
        return null;
    }

    // The link that it had; null when it had none.
    private HubLink? Detach(LiveRunner runner)
    {
        lock (_sessions)
        {
            runner.Grace?.Dispose();
            runner.Grace = null;
            var session = runner.Session;
            runner.Session = null;
            runner.Usage = null;
            if (session is null)
                return null;
            _byLink.TryRemove(session.Link.Id, out _);
            session.Dispose();
            return session.Link;
        }
    }

    private void OnDisconnected(HubLink link, string reason)
    {
        if (!_byLink.TryGetValue(link.Id, out var runner))
            return;
        lock (_sessions)
        {
            if (runner.Session is not { } session || session.Link != link)
            {
                _byLink.TryRemove(link.Id, out _);
                return;
            }

            Detach(runner);
            StartGrace(runner);
        }

        _ = SaveSeenAsync(runner);
        LogGone(runner.Record.Name, reason);
        _work.Value.RunnerChanged(runner.Record.Name);
    }

    private void StartGrace(LiveRunner runner)
    {
        runner.Grace?.Dispose();
        runner.Grace = _time.CreateTimer(
            _ =>
            {
                if (!runner.IsUp && _runners.GetValueOrDefault(runner.Record.Name) == runner)
                    _work.Value.RunnerLost(runner.Record.Name);
            },
            null,
            LostAfter,
            Timeout.InfiniteTimeSpan);
    }

    // A link can stand while the program behind it does not report: it has to begin anew.
    private void Look()
    {
        foreach (var runner in _runners.Values)
        {
            if (runner.Session is { } session && _time.GetElapsedTime(runner.Heard) > SilentAfter)
                session.Link.Close("the runner has not reported for some time");
            if (runner.Seen - runner.Record.Seen > SeenEvery)
                _ = SaveSeenAsync(runner);
        }
    }

    // What is stored of that is told after a restart of the hub of those that do not come back.
    private async Task SaveSeenAsync(LiveRunner runner)
    {
        try
        {
            await _turn.WaitAsync();
            try
            {
                if (_runners.GetValueOrDefault(runner.Record.Name) != runner || runner.Seen <= runner.Record.Seen)
                    return;
                var record = runner.Record with { Seen = runner.Seen };
                await _store.SaveAsync(record);
                runner.Record = record;
            }
            finally
            {
                _turn.Release();
            }
        }
        catch (Exception e) when (e is StorageException or ObjectDisposedException)
        {
            LogNotSeen(runner.Record.Name, e.Message); // The next look writes it.
        }
    }

    private static bool IsWorthWriting(RunnerRecord before, RunnerRecord now) =>
        now.Seen - before.Seen > SeenEvery || RunnerStore.TextOf(before with { Seen = now.Seen }) != RunnerStore.TextOf(now);

    [LoggerMessage(Level = LogLevel.Warning, Message = "When the runner {Name} was seen last could not be stored: {Reason}")]
    private partial void LogNotSeen(string name, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The runner {Name} was registered by {Account}")]
    private partial void LogRegistered(string name, string account);

    [LoggerMessage(Level = LogLevel.Information, Message = "The runner {Name} is not there any more: {Reason}")]
    private partial void LogGone(string name, string reason);
}

/// <summary>Why something about a runner cannot be. A closed set, mapped once to status codes.</summary>
internal enum RunnerRefusalCode
{
    Invalid,
    Version,
    LinkGone,
    InUse,
    TokenBound,
    NotFound,
    NameTaken,
    Busy,
    Forbidden,
    LimitReached,
}

/// <summary>A refusal with its sentence.</summary>
internal sealed class RunnerRefusal(RunnerRefusalCode code, string message) : Exception(message)
{
    public RunnerRefusalCode Code { get; } = code;
}
