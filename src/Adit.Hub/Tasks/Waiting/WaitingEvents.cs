using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Adit.Api;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Forwarding;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Adit.Hub.Tasks.Waiting;

/// <summary>
/// What changes on a <see cref="WaitingPage"/>, as server-sent events (WHATWG HTML section 9.2): <c>state</c> with all of
/// <see cref="WaitingNews"/>, <c>log</c> with lines for who may see them, and <c>ready</c> at the end. An event's id is the last line of
/// the log that was sent; the rest is sent whole each time, so that whoever comes back misses nothing.
/// </summary>
internal sealed class WaitingEvents(TaskWaiting room, TaskRegistry registry, TaskLogs logs, TimeProvider time)
{
    private const int FirstLines = 20;
    private const int MostLines = 200;
    private static readonly TimeSpan WhileStarting = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Otherwise = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan BetweenLogs = TimeSpan.FromMilliseconds(200);

    /// <summary>Sends until the task is ready or gone, or nobody listens.</summary>
    public async Task SendAsync(TaskKeeper keeper, Visit visit, Route route, CancellationToken cancellationToken)
    {
        var headers = visit.Response.Headers;
        visit.Response.StatusCode = StatusCodes.Status200OK;
        headers.ContentType = "text/event-stream";
        headers.CacheControl = "no-store";
        headers["X-Accel-Buffering"] = "no"; // nginx would hold events back until its buffer is full.
        headers.XContentTypeOptions = "nosniff";
        headers["X-Request-Id"] = visit.Id;
        visit.ResponseBody.DisableBuffering();
        await visit.ResponseBody.StartAsync(cancellationToken);
        var next = NextOf(visit);
        var told = "";
        Write(visit, "retry: 2000\n\n");
        while (room.Find(keeper.Id) is { } task)
        {
            var changed = keeper.Changed;
            if (route.Upstream.IsUp)
            {
                Write(visit, "event: ready\ndata: {}\n\n");
                await FlushAsync(visit, cancellationToken);
                return;
            }

            var story = await room.TellAsync(task, visit);
            var news = Json(story, visit);
            Write(visit, news == told ? ": still here\n\n" : $"event: state\ndata: {news}\n\n");
            told = news;
            if (story.SeesLog)
                next = await WriteLogAsync(keeper.Id, visit, next);
            await FlushAsync(visit, cancellationToken);
            await WaitAsync(changed, keeper.Id, story.SeesLog ? next : null, story is { IsOnItsWay: true, Usual: not null } ? WhileStarting : Otherwise, cancellationToken);
        }
    }

    // Behind what whoever comes back was sent, or behind what is on the page.
    private static long? NextOf(Visit visit)
    {
        if (long.TryParse(visit.Request.Headers["Last-Event-ID"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var last))
            return last < long.MaxValue ? last + 1 : last;
        var query = visit.Target.IndexOf('?', StringComparison.Ordinal);
        return query >= 0 && QueryHelpers.ParseQuery(visit.Target[query..]).TryGetValue("from", out var from)
            && long.TryParse(from.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var first) ? first : null;
    }

    // Returns the line to go on with.
    private async Task<long?> WriteLogAsync(string task, Visit visit, long? next)
    {
        var page = await logs.ReadAsync(task, next, next is null ? FirstLines : MostLines, null, CancellationToken.None);
        if (page.End - next > MostLines)
            page = await logs.ReadAsync(task, null, MostLines, null, CancellationToken.None); // Nobody reads so fast: the end is what helps.
        if (next is null && registry.Find(task) is { } live)
            page = page with { Lines = [.. page.Lines.Where(l => l.Number >= live.FirstLine)] }; // An earlier attempt's end says nothing about this start.
        if (page.Lines is not [.., var last])
            return next ?? page.End;
        var lines = JsonSerializer.Serialize([.. page.Lines.Select(static l => l.Text)], WaitingJson.Default.IReadOnlyListString);
        Write(visit, string.Create(CultureInfo.InvariantCulture, $"id: {last.Number}\nevent: log\ndata: {lines}\n\n"));
        return last.Number + 1;
    }

    private async Task WaitAsync(Task changed, string task, long? line, TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(atMost, time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        var more = line is { } number ? logs.WaitAsync(task, number, over.Token) : null;
        var happened = more is null ? changed : Task.WhenAny(changed, more);
        await happened.WaitAsync(over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!changed.IsCompleted && more is { IsCompleted: true } && !over.IsCancellationRequested)
            await Task.Delay(BetweenLogs, time, over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // Many lines, one event.
        await over.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static string Json(WaitingStory story, Visit visit) => JsonSerializer.Serialize(
        new WaitingNews(story.State, story.Title, story.Message, WaitingPage.Fragment(story, visit)) { Percent = story.Percent, EtaSeconds = story.Left is { } left ? (int)Math.Ceiling(left.TotalSeconds) : null },
        WaitingJson.Default.WaitingNews);

    private static void Write(Visit visit, string text)
    {
        visit.ResponseBody.Writer.Write(Encoding.UTF8.GetBytes(text));
        visit.BytesOut += text.Length;
    }

    private static async Task FlushAsync(Visit visit, CancellationToken cancellationToken)
    {
        if ((await visit.ResponseBody.Writer.FlushAsync(cancellationToken)).IsCompleted)
            throw new ForwardException(ForwardError.VisitorLeft);
    }
}

/// <summary>The data of a <c>state</c> event.</summary>
/// <param name="State">The task's state.</param>
/// <param name="Title">The page's title.</param>
/// <param name="Message">What it is at, for people.</param>
/// <param name="Html">What stands on the page from now on.</param>
internal sealed record WaitingNews(TaskState State, string Title, string Message, string Html)
{
    /// <summary>How far it is; null when nobody can say.</summary>
    public int? Percent { get; init; }

    /// <summary>How many seconds more it takes; null when nobody can say.</summary>
    public int? EtaSeconds { get; init; }
}

/// <summary>JSON of the events.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(WaitingNews))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class WaitingJson : JsonSerializerContext;
