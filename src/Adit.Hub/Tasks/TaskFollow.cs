using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Adit.Api;

namespace Adit.Hub.Tasks;

/// <summary>
/// A log as it grows, as server-sent events: <c>lines</c> with a <see cref="LogPage"/> (its id is the last line's number, so that a listener that
/// comes back goes on where it was), and <c>end</c> with the task's state once it is over and everything was sent.
/// </summary>
internal sealed class TaskFollow(TaskRegistry registry, TaskLogs logs, TaskStore store, TimeProvider time)
{
    private const int MostLines = 2000;
    private const int DefaultTail = 100;
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan HeartbeatEvery = TimeSpan.FromSeconds(15);

    /// <summary>The events.</summary>
    /// <param name="task">The task's id.</param>
    /// <param name="from">The first line; null for the last <paramref name="tail"/>.</param>
    /// <param name="tail">How many of those there are; null for a hundred.</param>
    public async IAsyncEnumerable<SseItem<string>> ReadAsync(
        string task, long? from, int? tail, CancellationToken stopping, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellationToken);
        var page = await logs.ReadAsync(task, from, from is null ? Math.Clamp(tail ?? DefaultTail, 0, MostLines) : MostLines, null);
        var next = page.Lines is [.., var shown] ? shown.Number + 1 : from ?? page.End;
        if (page.Lines.Count > 0)
            yield return Item(page);
        while (!over.IsCancellationRequested)
        {
            page = await logs.ReadAsync(task, next, MostLines, null);
            if (page.Lines is [.., var last])
            {
                next = last.Number + 1;
                yield return Item(page);
                continue;
            }

            // Its last lines may come a moment after its end.
            var hasEnded = registry.Find(task) is not { Record.HasEnded: false };
            if (await HasMoreAsync(task, next, hasEnded ? Late : HeartbeatEvery, over.Token))
                continue;
            if (hasEnded && registry.Find(task) is not { Record.HasEnded: false })
                break;
            yield return new SseItem<string>("{}", "still-here");
        }

        if (!over.IsCancellationRequested && (registry.Find(task)?.Record ?? await store.FindAsync(task, null, null)) is { } record)
            yield return new SseItem<string>(JsonSerializer.Serialize(new TaskEvent("ended", record.Id, record.Name, record.State, record.Reason) { ExitCode = record.ExitCode }, TasksJson.Default.TaskEvent), "end");
    }

    private static SseItem<string> Item(LogPage page) =>
        new(JsonSerializer.Serialize(page, TasksJson.Default.LogPage), "lines") { EventId = page.Lines[^1].Number.ToString(CultureInfo.InvariantCulture) };

    private async Task<bool> HasMoreAsync(string task, long number, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await logs.WaitAsync(task, number, either.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
