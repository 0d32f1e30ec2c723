using Adit.Hub.Access;
using Adit.Hub.Access.Audit;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Forwarding;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Storage;
using Adit.Hub.Templates;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Hosting;

namespace Adit.Hub.Tasks.Waiting;

/// <summary>
/// What happens at a task's address while the task is not ready: people see how far it is at that very address, programs' requests and
/// WebSockets are held back until it is ready, for a bounded time and in bounded number, and robots are told to come back.
/// </summary>
internal sealed class TaskWaiting
{
    /// <summary>Paths below this are answered here, on the task's own host.</summary>
    public const string OwnPaths = "/_adit/waiting/";

    public const string EventsPath = OwnPaths + "events";
    public const string ScriptPath = OwnPaths + "page.js";
    public const string StartPath = OwnPaths + "start";

    /// <summary>Requests that wait for one task at a time.</summary>
    public const int MostOfTask = 200;

    /// <summary>Requests that wait for all tasks together.</summary>
    public const int Most = 10_000;

    private const int LogLines = 20;
    private static readonly TimeSpan LongestUpgrade = TimeSpan.FromSeconds(10);

    private readonly TaskKeepers _keepers;
    private readonly TaskRegistry _registry;
    private readonly TaskRights _rights;
    private readonly ITemplates _templates;
    private readonly TaskLogs _logs;
    private readonly StartHistory _history;
    private readonly Callers _callers;
    private readonly AuditLog _audit;
    private readonly WaitingMeter _meter;
    private readonly WaitingEvents _events;
    private readonly TimeProvider _time;
    private readonly CancellationToken _stopping;

    public TaskWaiting(
        TaskKeepers keepers, TaskRegistry registry, TaskRights rights, ITemplates templates, TaskLogs logs, TaskNews news, StartHistory history, Callers callers, AuditLog audit, WaitingMeter meter,
        TimeProvider time, IHostApplicationLifetime lifetime)
    {
        _keepers = keepers;
        _registry = registry;
        _rights = rights;
        _templates = templates;
        _logs = logs;
        _history = history;
        _callers = callers;
        _audit = audit;
        _meter = meter;
        _time = time;
        _stopping = lifetime.ApplicationStopping;
        _events = new WaitingEvents(this, _registry, logs, time);
        keepers.Room = this;
        news.Changing += task => keepers.Find(task.Record.Id)?.Wake();
    }

    /// <inheritdoc cref="IRouteKeeper.StandInAsync" />
    public async Task<bool> StandInAsync(TaskKeeper keeper, Visit visit, Route route)
    {
        if (_registry.Find(keeper.Id) is not { } task)
            throw new ForwardException(ForwardError.Offline); // It is just being made, or removed.
        if (keeper.Owns(visit.Target))
        {
            visit.Use = UseClass.None; // That a page looks whether the task is there is no use of it.
            await AnswerOwnAsync(keeper, task, visit, route);
            return false;
        }

        if (visit.Use == UseClass.Strong)
            keeper.Arrive();
        var visitor = WaitingVisitors.Of(visit);
        if (keeper.Sleeps && visitor != WaitingVisitor.Robot && _keepers.Waker is { } wake)
        {
            Enter(keeper, visit); // Who waits for that counts as one who waits.
            try
            {
                if (await wake(keeper.Id, "a visitor came", visit.Lifetime.RequestAborted) && route.Upstream.IsUp)
                    return true;
            }
            catch (OperationCanceledException)
            {
                throw new ForwardException(ForwardError.VisitorLeft);
            }
            finally
            {
                Leave(keeper);
            }

            if (keeper.Sleeps && route.Upstream.IsUp)
                throw new ForwardException(ForwardError.NotReady, "It is frozen, and could not be woken; try again in a moment.");
        }

        switch (visitor)
        {
            case WaitingVisitor.Person:
                await ShowAsync(task, visit);
                return false;
            case WaitingVisitor.Robot:
                throw await NotReadyAsync(task, visit);
            case var kind:
                await HoldAsync(keeper, task, visit, route, kind == WaitingVisitor.Upgrade ? LongestUpgrade : TimeSpan.MaxValue);
                return true;
        }
    }

    /// <summary>What is told of a task to a visitor.</summary>
    public async Task<WaitingStory> TellAsync(LiveTask task, Visit visit)
    {
        var caller = CallerOf(visit);
        return WaitingStory.Of(
            task, caller is not null && _rights.MaySee(caller, task.Record), caller is not null && _rights.MayChange(caller, task.Record),
            await _history.OfAsync(task.Record.Resolved.Template), _time.GetUtcNow());
    }

    /// <summary>The task of this id, as it is now; null when it is gone.</summary>
    public LiveTask? Find(string id) => _registry.Find(id);

    private async Task HoldAsync(TaskKeeper keeper, LiveTask task, Visit visit, Route route, TimeSpan atMost)
    {
        var patience = task.Record.Resolved.Start.Hold;
        if (patience > atMost)
            patience = atMost;
        if (patience <= TimeSpan.Zero || !MayBeReadySoon(task))
            throw await NotReadyAsync(task, visit);
        Enter(keeper, visit);
        using var late = new CancellationTokenSource(patience, _time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(late.Token, visit.Lifetime.RequestAborted, _stopping);
        try
        {
            while (true)
            {
                var changed = keeper.Changed;
                if (route.Upstream.IsUp)
                    break;
                if (!MayBeReadySoon(task))
                    throw await NotReadyAsync(task, visit);
                await changed.WaitAsync(over.Token);
            }

            _meter.CountReady();
        }
        catch (OperationCanceledException) when (visit.Lifetime.RequestAborted.IsCancellationRequested)
        {
            _meter.CountLeft();
            throw new ForwardException(ForwardError.VisitorLeft);
        }
        catch (OperationCanceledException)
        {
            _meter.CountLate();
            throw await NotReadyAsync(task, visit);
        }
        finally
        {
            Leave(keeper);
        }
    }

    private void Enter(TaskKeeper keeper, Visit visit)
    {
        if (keeper.TryEnter(MostOfTask))
        {
            if (_meter.TryEnter(Most))
                return;
            keeper.Leave();
        }

        _meter.CountRefused();
        visit.RetryAfter = TimeSpan.FromSeconds(5);
        throw new ForwardException(ForwardError.TooManyWaiting);
    }

    private void Leave(TaskKeeper keeper)
    {
        keeper.Leave();
        _meter.Leave();
    }

    // A task that was lost may be back in a moment; one that ended needs a person.
    private static bool MayBeReadySoon(LiveTask task) => (task.Record.IsWanted && !task.Record.HasEnded) || task.IsToStartAgain;

    private async Task<ForwardException> NotReadyAsync(LiveTask task, Visit visit)
    {
        var story = await TellAsync(task, visit);
        visit.RetryAfter = story.RetryAfter;
        return new ForwardException(ForwardError.NotReady, $"{story.Title}. {story.Message}");
    }

    private async Task ShowAsync(LiveTask task, Visit visit)
    {
        _meter.CountPage();
        var story = await TellAsync(task, visit);
        var lines = story.SeesLog ? (await _logs.ReadAsync(task.Record.Id, null, LogLines, null, CancellationToken.None)).Lines.Where(l => l.Number >= task.FirstLine).ToList() : [];
        await ErrorAnswer.WriteAsync(
            visit, StatusCodes.Status200OK, "text/html; charset=utf-8", WaitingPage.Write(story, lines, visit), WaitingPage.ContentSecurityPolicy, "same-origin");
    }

    private Task AnswerOwnAsync(TaskKeeper keeper, LiveTask task, Visit visit, Route route) => (visit.Target.Split('?')[0], visit.Request.Method) switch
    {
        (ScriptPath, "GET" or "HEAD") => ErrorAnswer.WriteAsync(visit, StatusCodes.Status200OK, "text/javascript; charset=utf-8", System.Text.Encoding.UTF8.GetBytes(WaitingPage.Script)),
        (EventsPath, "GET") => WatchAsync(keeper, visit, route),
        (StartPath, "POST") => StartAgainAsync(keeper, task, visit),
        _ => throw new ForwardException(ForwardError.NoSuchHost),
    };

    private async Task WatchAsync(TaskKeeper keeper, Visit visit, Route route)
    {
        Enter(keeper, visit);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(visit.Lifetime.RequestAborted, _stopping);
        try
        {
            await _events.SendAsync(keeper, visit, route, over.Token);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The page is closed, or the hub stops: the answer simply ends.
        }
        finally
        {
            Leave(keeper);
        }
    }

    private async Task StartAgainAsync(TaskKeeper keeper, LiveTask task, Visit visit)
    {
        if (!CrossSite.IsOwnForm(visit))
            throw new ForwardException(ForwardError.CrossSite);
        if (CallerOf(visit) is not { } caller || !_rights.MayChange(caller, task.Record))
            throw new ForwardException(ForwardError.NotAllowed);
        if (keeper.TryBeginStarting())
        {
            try
            {
                if (task.Record.HasEnded)
                    await Task.Run(() => RestartAsync(task, caller, visit)); // Not on the thread that polls sockets: it writes to the database.
            }
            catch (Exception e) when (e is TaskRefusal or TemplateRefusal or StorageException)
            {
                await ErrorAnswer.WriteAsync(visit, StatusCodes.Status409Conflict, "text/html; charset=utf-8", System.Text.Encoding.UTF8.GetBytes(ErrorPage.Page("It was not started", $"""
                    <p class="status">409</p>
                    <h1>{System.Net.WebUtility.HtmlEncode(task.Record.Name)} was not started</h1>
                    <p>{System.Net.WebUtility.HtmlEncode(e.Message)}</p>
                    <p class="id">Request {System.Net.WebUtility.HtmlEncode(visit.Id)}</p>
                    """)));
                return;
            }
            finally
            {
                keeper.EndStarting();
            }
        }

        var query = QueryHelpers.ParseQuery(visit.Target.IndexOf('?', StringComparison.Ordinal) is >= 0 and var at ? visit.Target[at..] : "");
        var headers = visit.Response.Headers;
        visit.Response.StatusCode = StatusCodes.Status303SeeOther;
        headers.Location = ReturnPath.Safe(query.TryGetValue("to", out var to) ? to.ToString() : null, visit.Prefix);
        headers.CacheControl = "no-store";
        headers["X-Request-Id"] = visit.Id;
        headers.ContentLength = 0;
    }

    private async Task RestartAsync(LiveTask task, Caller caller, Visit visit)
    {
        _templates.CheckAgain(task.Record.Resolved, task.Record.Project, caller);
        await _registry.RestartAsync(task);
        await _audit.RecordAsync(TaskAudit.By(caller, "task.restart", task.Record, ForwardedFields.Text(visit.Client)));
    }

    // Who came in by a session or a token of an account, as it may now; nobody by the route's password, in a frame or where anybody may come.
    private Caller? CallerOf(Visit visit) => visit.Pass is { Kind: PassKind.Person, Key.TokenId: { } id } ? _callers.Find(id) : null;
}
