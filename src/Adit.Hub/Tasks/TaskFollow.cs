using System.Collections.Concurrent;
using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Adit.Api;
using Adit.Hub.Access;

namespace Adit.Hub.Tasks;

/// <summary>
/// A log as it grows, as server-sent events: <c>lines</c> with a <see cref="LogPage"/> (its id is the last line's number, so that a listener that
/// comes back goes on where it was), and <c>end</c> with the task's state once it is over and everything was sent.
/// </summary>
internal sealed class TaskFollow(TaskRegistry registry, TaskLogs logs, TaskStore store, TaskNews news, TaskRights rights, Callers callers, TimeProvider time)
{
    private const int MostLines = 2000;
    private const int DefaultTail = 100;

    /// <summary>Logs that one account follows at a time: windows and programs of a person, not a flood.</summary>
    public const int MostOfAccount = 100;

    private static readonly TimeSpan HeartbeatEvery = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LinePatience = TimeSpan.FromSeconds(10); // A runner that has lines sends some within this time, unless it is cut off.

    private readonly ConcurrentDictionary<string, int> _following = new(StringComparer.Ordinal);

    /// <summary>A place for one more log that an account follows, given back by disposing it; null when it has as many as it may.</summary>
    public IDisposable? TryTake(string account)
    {
        if (_following.AddOrUpdate(account, 1, static (_, count) => count + 1) <= MostOfAccount)
            return new Place(this, account);
        Release(account);
        return null;
    }

    /// <summary>The events.</summary>
    /// <param name="task">The task's id.</param>
    /// <param name="who">Who reads (<see cref="Caller.TokenId"/>): it ends when they may no longer.</param>
    /// <param name="from">The first line; null for the last <paramref name="tail"/>.</param>
    /// <param name="tail">How many of those there are; null for a hundred.</param>
    public async IAsyncEnumerable<SseItem<string>> ReadAsync(
        string task, string who, long? from, int? tail, CancellationToken stopping, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellationToken);
        var page = await logs.ReadAsync(task, from, from is null ? Math.Clamp(tail ?? DefaultTail, 0, MostLines) : MostLines, null, over.Token);
        var next = page.Lines is [.., var shown] ? shown.Number + 1 : from ?? page.End;
        // Something at once, also where nothing was written: a browser knows only by it that it is listening.
        yield return page.Lines.Count > 0 ? Item(page) : new SseItem<string>("{}", "still-here");
        var isOver = false;
        while (!over.IsCancellationRequested)
        {
            if (!await MayAsync(task, who))
                yield break;
            page = await logs.ReadAsync(task, next, MostLines, null, over.Token);
            if (page.Lines is [.., var last])
            {
                next = last.Number + 1;
                yield return Item(page);
                continue;
            }

            // What came while we looked is read once more, and a runner may have written more than it has sent.
            if (isOver && !await IsOnItsWayAsync(task, next, over.Token))
                break;
            isOver = registry.Find(task) is not { IsOver: false };
            if (isOver)
                continue;
            if (!await HasMoreAsync(task, next, over.Token))
                yield return new SseItem<string>("{}", "still-here");
        }

        if (!over.IsCancellationRequested && (registry.Find(task)?.Record ?? await store.FindAsync(task, null, null)) is { } record)
            yield return new SseItem<string>(JsonSerializer.Serialize(new TaskEvent("ended", record.Id, record.Name, record.State, record.Reason) { ExitCode = record.ExitCode }, TasksJson.Default.TaskEvent), "end");
    }

    // Of a task that is over: whether the next of its lines came.
    private async Task<bool> IsOnItsWayAsync(string task, long number, CancellationToken cancellationToken)
    {
        if (number >= logs.Expected(task))
            return false;
        using var deadline = new CancellationTokenSource(LinePatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var more = logs.WaitAsync(task, number, either.Token);
        await more.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return more.IsCompletedSuccessfully;
    }

    private async Task<bool> MayAsync(string task, string who) =>
        callers.Find(who) is { } caller && (registry.Find(task)?.Record ?? await store.FindAsync(task, null, null)) is { } record && rights.MaySee(caller, record);

    private static SseItem<string> Item(LogPage page) =>
        new(JsonSerializer.Serialize(page, TasksJson.Default.LogPage), "lines") { EventId = page.Lines[^1].Number.ToString(CultureInfo.InvariantCulture) };

    // Lines, or the task's end: either is worth a look.
    private async Task<bool> HasMoreAsync(string task, long number, CancellationToken cancellationToken)
    {
        var changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void OnChange(LiveTask live)
        {
            if (live.Record.Id == task)
                changed.TrySetResult();
        }

        using var deadline = new CancellationTokenSource(HeartbeatEvery, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        news.Changing += OnChange;
        try
        {
            if (registry.Find(task) is not { IsOver: false })
                return true;
            await Task.WhenAny(changed.Task, logs.WaitAsync(task, number, either.Token));
            return !deadline.IsCancellationRequested;
        }
        finally
        {
            news.Changing -= OnChange;
            await either.CancelAsync();
        }
    }

    private void Release(string account)
    {
        if (_following.AddOrUpdate(account, 0, static (_, count) => count - 1) <= 0)
            _following.TryRemove(new KeyValuePair<string, int>(account, 0)); // Unless somebody took one meanwhile.
    }

    private sealed class Place(TaskFollow follow, string account) : IDisposable
    {
        private TaskFollow? _follow = follow;

        public void Dispose() => Interlocked.Exchange(ref _follow, null)?.Release(account);
    }
}
