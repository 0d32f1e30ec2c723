using System.Collections.Concurrent;
using Adit.Api;
using Adit.Runner.Hubs;

namespace Adit.Runner.Agent;

/// <summary>
/// Brings the logs of tasks to the hub, line by line and in order. The hub says how far it has them; what it says counts, so that a cut, a
/// restart of either side or a repeated batch loses and doubles nothing.
/// </summary>
/// <param name="api">The hub.</param>
/// <param name="time">The clock.</param>
/// <param name="arrived">Told when the hub has all of a task that has ended. Must not block.</param>
internal sealed class LogShipping(HubApi api, TimeProvider time, Action arrived) : IAsyncDisposable
{
    private const int MostLines = 5000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan AgainAfter = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<AgentTask, Following> _following = new();
    private readonly CancellationTokenSource _ending = new();

    /// <summary>The link of the session; null before the first.</summary>
    public string? Link { get; set; }

    /// <summary>Begins with a task.</summary>
    public void Follow(AgentTask task)
    {
        var following = new Following(CancellationTokenSource.CreateLinkedTokenSource(_ending.Token));
        _following[task] = following;
        following.Running = Task.Run(() => ShipAsync(task, following));
    }

    /// <summary>Whether the hub has all that a task wrote, or wants no more of it, or there is nothing that can be read.</summary>
    public bool HasAll(AgentTask task) =>
        !_following.TryGetValue(task, out var following) || task.Spool is not { } spool || following.IsUnwanted || Math.Max(following.Next, spool.First) >= spool.End;

    /// <summary>Leaves off.</summary>
    public async Task LeaveAsync(AgentTask task)
    {
        if (!_following.TryRemove(task, out var following))
            return;
        await following.Stop.CancelAsync();
        await following.Running;
        following.Stop.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        foreach (var task in _following.Keys)
            await LeaveAsync(task);
    }

    private async Task ShipAsync(AgentTask task, Following following)
    {
        var cancellationToken = following.Stop.Token;
        var isAsked = false;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var spool = task.Spool;
                if (spool is not null)
                    await spool.WaitAsync(Math.Max(spool.First, following.Next), cancellationToken);
                if (spool is null || Link is not { } link)
                {
                    await Task.Delay(AgainAfter, time, cancellationToken);
                    continue;
                }

                var lines = isAsked ? spool.Read(following.Next, MostLines) : [];
                var before = following.Next;
                following.Next = (await api.ShipAsync(new LogBatch { Link = link, Task = task.Id, Lines = lines }, cancellationToken)).End;
                isAsked = true;
                if (lines.Count > 0 && following.Next <= before)
                    await Task.Delay(AgainAfter, time, cancellationToken); // It takes none of them: asking faster changes nothing.
                following.IsUnwanted = false;
                SayArrived(task);
                spool.Trim(following.Next);
                if (following.Next >= spool.End)
                    await Task.Delay(Pause, time, cancellationToken); // What comes in a moment goes together.
            }
            catch (HubApiException e) when (e.Code == "not-found")
            {
                following.IsUnwanted = true; // The hub knows it no more, or has it nowhere just now: another attempt may come.
                isAsked = false;
                SayArrived(task);
                await Task.Delay(AgainAfter, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception)
            {
                // The hub is away, or its disk is full, or this one's: whatever it is, the lines are not given up for it.
                await Task.Delay(AgainAfter, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // Its end is said after its log.
    private void SayArrived(AgentTask task)
    {
        if (task.Seen.State is TaskState.Stopped or TaskState.Failed && HasAll(task))
            arrived();
    }

    private sealed class Following(CancellationTokenSource stop)
    {
        private long _next;

        public CancellationTokenSource Stop { get; } = stop;

        public Task Running { get; set; } = Task.CompletedTask;

        public volatile bool IsUnwanted;

        public long Next
        {
            get => Interlocked.Read(ref _next);
            set => Interlocked.Exchange(ref _next, value);
        }
    }
}
