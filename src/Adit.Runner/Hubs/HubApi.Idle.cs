using System.Net.Http.Json;
using Adit.Api;

namespace Adit.Runner.Hubs;

/// <summary>Why tasks are kept, and what keeps them.</summary>
public sealed partial class HubApi
{
    /// <summary>Why a task is kept or not.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<TaskIdleReport> ExplainIdleAsync(string task, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, Of(task) + "/idle", null, TasksJson.Default.TaskIdleReport, cancellationToken);

    /// <summary>Keeps a task for a while, from now on.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<TaskIdleReport> ExtendTaskAsync(string task, TimeSpan time, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(new ExtendTaskRequest { Seconds = (int)Math.Min(time.TotalSeconds, int.MaxValue) }, TasksJson.Default.ExtendTaskRequest);
        return await SendAsync(HttpMethod.Post, Of(task) + "/extend", content, TasksJson.Default.TaskIdleReport, cancellationToken);
    }
}
