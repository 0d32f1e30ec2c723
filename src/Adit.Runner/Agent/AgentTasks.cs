using System.Collections.Concurrent;
using Adit.Api;
using Adit.Runner.Executors;
using Adit.Runner.Workspaces;

namespace Adit.Runner.Agent;

/// <summary>
/// The tasks of a runner, and the homes that are left of sessions which have ended. What the hub says should be is taken one message at a time, whatever
/// thread it comes on; of a task there is never more than one <see cref="AgentTask"/>, and none while what an earlier one left is removed.
/// </summary>
internal sealed class AgentTasks(
    string data, IReadOnlyDictionary<string, IExecutor> executors, LogShipping shipping, TimeProvider time, Action changed, Action<RunnerNote> note, WorkspaceSync? workspaces = null) : IAsyncDisposable
{
    /// <summary>So many tasks the hub takes of a runner at once.</summary>
    public const int MostTold = 2000;

    private const int MostNumbers = 20_000;
    private static readonly TimeSpan KnownWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RemoveAgainAfter = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, AgentTask> _tasks = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ObservedTask> _kept = new(StringComparer.Ordinal); // Only a home is left, and how it ended.
    private readonly Dictionary<string, ObservedTask> _absent = new(StringComparer.Ordinal); // What is to end and is not here.
    private readonly Dictionary<string, Leaving> _leaving = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _numbers = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _ending = new();
    private string? _session;

    /// <summary>The machine's GPUs and who has them.</summary>
    public GpuDevices Gpus { get; } = new();

    /// <summary>Those that there are, in no order.</summary>
    public IEnumerable<AgentTask> All => _tasks.Values;

    /// <summary>The task of this id; null when there is none.</summary>
    public AgentTask? Find(string id) => _tasks.GetValueOrDefault(id);

    /// <summary>Takes up what earlier processes left. What cannot be read of one stops no other.</summary>
    public async Task TakeUpAsync()
    {
        foreach (var place in TaskPlace.All(data))
        {
            try
            {
                lock (_lock)
                    TakeUp(place);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                note(new RunnerNote($"{place.Path} cannot be read, and is left alone: {e.Message}", IsTrouble: true));
            }
        }

        // What is known says more than "preparing" would.
        using var patience = new CancellationTokenSource(KnownWithin, time);
        await Task.WhenAll(_tasks.Values.Select(static t => t.Known)).WaitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>All that there is, as a runner says it when it says hello.</summary>
    public IReadOnlyList<ObservedTask> Seen()
    {
        lock (_lock)
            return [.. _tasks.Values.Select(static t => t.Seen).Concat(_kept.Values).Take(MostTold)];
    }

    /// <summary>What the hub wants ended and is not here, since the call before: it is told so once, and asks again where that is lost.</summary>
    public IReadOnlyList<ObservedTask> Absent()
    {
        lock (_lock)
        {
            ObservedTask[] absent = [.. _absent.Values];
            _absent.Clear();
            return absent;
        }
    }

    /// <summary>A session begins: what comes of earlier ones from now on counts for nothing.</summary>
    public void Begin(string session)
    {
        lock (_lock)
        {
            _session = session;
            _numbers.Clear();
        }
    }

    /// <summary>What the hub says should be. Repeated, late and old ones do nothing.</summary>
    /// <param name="desired">What.</param>
    /// <param name="session">In which session it was said.</param>
    public void Desire(DesiredTasks desired, string? session)
    {
        lock (_lock)
        {
            if (session != _session)
                return;
            foreach (var item in desired.Items)
            {
                if (Counts(item.Spec.Id, desired.Number))
                    TryTake(item, isNumbered: desired.Number > 0);
            }

            foreach (var (id, attempt) in desired.Forget ?? [])
            {
                if (Counts(id, desired.Number))
                    Forget(id, attempt, isNumbered: desired.Number > 0);
            }

            if (desired.IsAll)
            {
                var named = desired.Items.Select(static i => i.Spec.Id).ToHashSet(StringComparer.Ordinal);
                foreach (var id in _tasks.Keys.Concat(_kept.Keys).Concat(_leaving.Keys).Where(id => !named.Contains(id)).ToList())
                {
                    if (Counts(id, desired.Number))
                        Forget(id, int.MaxValue, isNumbered: false);
                }
            }
        }

        changed();
    }

    /// <summary>Begins to remove what the hub wants to hear no more of and has the log of. Returns at once.</summary>
    public void Tidy()
    {
        foreach (var task in _tasks.Values.Where(t => t.MayGo && shipping.HasAll(t)))
        {
            lock (_lock)
            {
                if (task.Left is not { } left)
                    continue; // It is wanted again.
                _tasks.TryRemove(task.Id, out _);
                var leaving = new Leaving(new TaskPlace(data, task.Id), left, isWhole: false);
                _leaving[task.Id] = leaving;
                leaving.Going = Task.Run(() => LeaveAsync(task, leaving));
            }
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_ending.IsCancellationRequested)
            return;
        await _ending.CancelAsync();
        Task[] going;
        lock (_lock)
        {
            _session = null; // Nothing is taken any more.
            going = [.. _leaving.Values.Select(static l => l.Going)];
        }

        await Task.WhenAll(going);
        foreach (var task in _tasks.Values)
            await task.DisposeAsync();
        _tasks.Clear();
        _ending.Dispose();
    }

    // Under the lock.
    private void TakeUp(TaskPlace place)
    {
        if (TaskMemory.Read(place) is not { } memory)
            note(new RunnerNote($"{place.Path} holds no task that can be read; left alone.", IsTrouble: true));
        else if (memory is { IsReleased: true, End: { } end })
            _kept[place.Id] = end;
        else
            Add(place, memory);
    }

    // Under the lock.
    private void Add(TaskPlace place, TaskMemory memory)
    {
        var task = new AgentTask(place, memory, executors, Gpus, time, changed, workspaces);
        _tasks[place.Id] = task;
        shipping.Follow(task);
    }

    // Under the lock. Of two messages about a task the one with the higher number holds, in whatever order they come.
    private bool Counts(string id, long number)
    {
        if (number == 0)
            return true; // Of a hub that does not number them.
        if (_numbers.TryGetValue(id, out var last) && last > number)
            return false;
        if (_numbers.Count >= MostNumbers)
        {
            foreach (var old in _numbers.Where(n => !_tasks.ContainsKey(n.Key)).Select(static n => n.Key).ToList())
                _numbers.Remove(old);
        }

        _numbers[id] = number;
        return true;
    }

    // Under the lock.
    private void TryTake(DesiredTask item, bool isNumbered)
    {
        try
        {
            Take(item, isNumbered);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            note(new RunnerNote($"The task {item.Spec.Name} cannot be taken: {e.Message}", IsTrouble: true)); // The hub says it again.
        }
    }

    private void Take(DesiredTask item, bool isNumbered)
    {
        var id = item.Spec.Id;
        if (_tasks.TryGetValue(id, out var task))
        {
            task.Desire(item);
            return;
        }

        if (_leaving.TryGetValue(id, out var leaving))
        {
            // What is being removed was wanted no more; what comes after it waits until it is gone.
            if (item.Spec.Attempt > leaving.Attempt && item.Spec.Attempt >= (leaving.Next?.Spec.Attempt ?? 0))
                leaving.Next = item;
            return;
        }

        if (_kept.TryGetValue(id, out var ended) && item.Spec.Attempt <= ended.Attempt)
            return;
        var place = new TaskPlace(data, id);
        if (!item.Run && isNumbered && !Directory.Exists(place.Path))
        {
            // Nothing needs to be kept of it: a start that comes late has a lower number.
            if (_absent.Count < MostTold)
                _absent[id] = new ObservedTask { Id = id, Attempt = item.Spec.Attempt, State = TaskState.Stopped, Since = time.GetUtcNow() };
            return;
        }

        var memory = new TaskMemory { Spec = item.Spec with { GpuDevices = null }, Run = item.Run, KeepsHome = item.KeepsHome };
        memory.Write(place);
        _kept.Remove(id);
        Add(place, memory);
    }

    // Under the lock.
    private void Forget(string id, int attempt, bool isNumbered)
    {
        try
        {
            if (_tasks.TryGetValue(id, out var task))
            {
                task.Forget(attempt, isNumbered);
            }
            else if (_leaving.TryGetValue(id, out var leaving))
            {
                if (leaving.Next?.Spec.Attempt <= attempt)
                    leaving.Next = null;
                leaving.IsWhole |= attempt == int.MaxValue;
            }
            else if (attempt == int.MaxValue && _kept.TryGetValue(id, out var ended))
            {
                _kept.Remove(id);
                var place = new TaskPlace(data, id);
                var home = new Leaving(place, TaskMemory.Read(place), isWhole: true) { Attempt = ended.Attempt };
                _leaving[id] = home;
                home.Going = Task.Run(() => RemoveAsync(home));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            note(new RunnerNote($"That the task {id} is to be forgotten cannot be kept yet: {e.Message}", IsTrouble: true));
        }
    }

    private async Task LeaveAsync(AgentTask task, Leaving leaving)
    {
        await shipping.LeaveAsync(task);
        await task.DisposeAsync();
        await RemoveAsync(leaving);
    }

    // Until it is gone, or this process ends; the next one takes it up then.
    private async Task RemoveAsync(Leaving leaving)
    {
        for (var isAgain = false; !_ending.IsCancellationRequested; isAgain = true)
        {
            var trouble = await TryRemoveAsync(leaving);
            if (trouble is not null && !isAgain)
                note(new RunnerNote($"What is left of the task {leaving.Place.Id} cannot be removed yet: {trouble}", IsTrouble: true));
            lock (_lock)
            {
                if (trouble is null && leaving.IsWhole != leaving.WasWhole)
                    continue; // Meanwhile its home is to go too.
                if (trouble is null || leaving.Next is not null)
                {
                    _leaving.Remove(leaving.Place.Id);
                    if (trouble is null && !leaving.IsWhole)
                        _kept[leaving.Place.Id] = leaving.Memory!.End!;
                    if (leaving.Next is { } next)
                        TryTake(next, isNumbered: false);
                    return;
                }
            }

            await Task.Delay(RemoveAgainAfter, time, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<string?> TryRemoveAsync(Leaving leaving)
    {
        leaving.WasWhole = leaving.IsWhole;
        var place = leaving.Place;
        try
        {
            foreach (var executor in executors.Values)
                await executor.ForgetAsync(place, int.MaxValue, _ending.Token);
            if (leaving.WasWhole)
            {
                place.Remove();
                return null;
            }

            place.RemoveAttempts(int.MaxValue);
            place.RemoveLog();
            (leaving.Memory! with { IsReleased = true }).Write(place);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ExecutorException or OperationCanceledException)
        {
            return e.Message;
        }
    }

    // What is on its way out, and what should be there afterwards.
    private sealed class Leaving(TaskPlace place, TaskMemory? memory, bool isWhole)
    {
        public TaskPlace Place { get; } = place;

        public TaskMemory? Memory { get; } = memory;

        /// <summary>The attempt that is over.</summary>
        public int Attempt { get; init; } = memory?.Spec.Attempt ?? 0;

        /// <summary>Whether its home goes too. A home that it shares, or never had, is not its own to keep.</summary>
        public bool IsWhole { get; set; } = isWhole || memory is not { KeepsHome: true, Spec.Home: null } || !Directory.Exists(place.Home(null));

        public bool WasWhole { get; set; }

        public DesiredTask? Next { get; set; }

        public Task Going { get; set; } = Task.CompletedTask;
    }
}
