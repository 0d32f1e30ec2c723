using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using Adit.Api;

namespace Adit.Runner.Hubs;

/// <summary>Tasks and runners.</summary>
public sealed partial class HubApi
{
    /// <summary>Starts something.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<ApiTask> StartTaskAsync(CreateTaskRequest request, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(request, TasksJson.Default.CreateTaskRequest);
        return await SendAsync(HttpMethod.Post, "/api/v1/tasks", content, TasksJson.Default.ApiTask, cancellationToken);
    }

    /// <summary>A task by its id, or one's own by its name.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<ApiTask> GetTaskAsync(string task, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, Of(task), null, TasksJson.Default.ApiTask, cancellationToken);

    /// <summary>Tasks, the newest first.</summary>
    /// <param name="all">Everybody's that one may see, and not only one's own.</param>
    /// <param name="ended">Also those that are over and gave up their names.</param>
    /// <param name="most">At most so many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<IReadOnlyList<ApiTask>> ListTasksAsync(bool all, bool ended, int most, CancellationToken cancellationToken) => ListAsync(
        $"/api/v1/tasks?all={(all ? "true" : "false")}&ended={(ended ? "true" : "false")}", TasksJson.Default.TaskList, static page => (page.Items, page.Next), cancellationToken, most);

    /// <summary>Ends a task.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<ApiTask> StopTaskAsync(string task, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, Of(task) + "/stop", null, TasksJson.Default.ApiTask, cancellationToken);

    /// <summary>Starts a task again.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<ApiTask> RestartTaskAsync(string task, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, Of(task) + "/restart", null, TasksJson.Default.ApiTask, cancellationToken);

    /// <summary>Removes a task that has ended from sight.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task RemoveTaskAsync(string task, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Delete, Of(task), null, cancellationToken);
    }

    /// <summary>Lines of a task's log.</summary>
    /// <param name="task">The task.</param>
    /// <param name="from">The first; null for the last ones.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="search">Only lines with this; null for all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<LogPage> GetLogAsync(string task, long? from, int limit, string? search, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Get,
        $"{Of(task)}/logs?limit={limit}{(from is null ? "" : $"&from={from}")}{(search is null ? "" : "&search=" + Uri.EscapeDataString(search))}",
        null,
        TasksJson.Default.LogPage,
        cancellationToken);

    /// <summary>A task's log as it grows: pages of lines, and at the end what came of it (null lines).</summary>
    /// <param name="task">The task.</param>
    /// <param name="from">The first line; null for the last <paramref name="tail"/>.</param>
    /// <param name="tail">How many of those there are.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async IAsyncEnumerable<(IReadOnlyList<LogLine>? Lines, TaskEvent? End)> FollowLogAsync(
        string task, long? from, int tail, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Get, $"{Of(task)}/logs/follow?tail={tail}{(from is null ? "" : $"&from={from}")}", null, cancellationToken);
        await using var stream = await answer.Content.ReadAsStreamAsync(cancellationToken);
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(cancellationToken))
        {
            if (item.EventType == "lines")
                yield return (JsonSerializer.Deserialize(item.Data, TasksJson.Default.LogPage)!.Lines, null);
            else if (item.EventType == "end")
                yield return (null, JsonSerializer.Deserialize(item.Data, TasksJson.Default.TaskEvent));
        }
    }

    /// <summary>
    /// Throws what the hub says against a command beside a task. It asks as a WebSocket would, because one that is refused does not say why.
    /// </summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task CheckExecAsync(string task, string subProtocol, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Of(task) + "/exec") { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.ParseAdd("websocket");
        request.Headers.Add("Sec-WebSocket-Version", "13"); // RFC 6455 4.1.
        request.Headers.Add("Sec-WebSocket-Key", Convert.ToBase64String(RandomNumberGenerator.GetBytes(16)));
        request.Headers.Add("Sec-WebSocket-Protocol", subProtocol);
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if ((int)answer.StatusCode >= 400)
            throw await HubProblem.ReadAsync(answer, hub, cancellationToken);
    }

    /// <summary>Runners that one may use.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<IReadOnlyList<ApiRunner>> ListRunnersAsync(CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Get, "/api/v1/runners", null, RunnersJson.Default.RunnerList, cancellationToken)).Items;

    /// <summary>One runner.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<ApiRunner> GetRunnerAsync(string name, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, OfRunner(name), null, RunnersJson.Default.ApiRunner, cancellationToken);

    /// <summary>Changes what is said about a runner.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<ApiRunner> ChangeRunnerAsync(string name, ChangeRunnerRequest request, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(request, RunnersJson.Default.ChangeRunnerRequest);
        return await SendAsync(HttpMethod.Patch, OfRunner(name), content, RunnersJson.Default.ApiRunner, cancellationToken);
    }

    /// <summary>Forgets a runner.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task RemoveRunnerAsync(string name, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Delete, OfRunner(name), null, cancellationToken);
    }

    private static string Of(string task) => "/api/v1/tasks/" + Uri.EscapeDataString(task);

    private static string OfRunner(string name) => "/api/v1/runners/" + Uri.EscapeDataString(name);

    /// <summary>Keeps what is in a running task's workspace now. Takes as long as it takes.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<CreatedSnapshot> SnapshotTaskAsync(string task, SnapshotTaskRequest request, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(request, TasksJson.Default.SnapshotTaskRequest);
        return await SendAsync(HttpMethod.Post, $"/api/v1/tasks/{Uri.EscapeDataString(task)}/snapshots", content, VolumesJson.Default.CreatedSnapshot, cancellationToken);
    }
}
