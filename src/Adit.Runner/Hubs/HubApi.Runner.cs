using System.Net.Http.Json;
using Adit.Api;

namespace Adit.Runner.Hubs;

/// <summary>What a runner says for itself.</summary>
public sealed partial class HubApi
{
    /// <summary>A runner is there.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<RunnerWelcome> GreetAsync(RunnerHello hello, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(hello, RunnersJson.Default.RunnerHello);
        return await SendAsync(HttpMethod.Post, "/api/v1/runner/session", content, RunnersJson.Default.RunnerWelcome, cancellationToken);
    }

    /// <summary>What a runner sees.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task ReportAsync(RunnerReport report, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(report, RunnersJson.Default.RunnerReport);
        using var answer = await SendAsync(HttpMethod.Post, "/api/v1/runner/report", content, cancellationToken);
    }

    /// <summary>Lines of a task's log.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<LogReceipt> ShipAsync(LogBatch batch, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(batch, RunnersJson.Default.LogBatch);
        return await SendAsync(HttpMethod.Post, "/api/v1/runner/logs", content, RunnersJson.Default.LogReceipt, cancellationToken);
    }

    /// <summary>What a task's home directory begins as.</summary>
    /// <param name="at">See <see cref="WorkspaceAt"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    internal Task<RunnerWorkspace> BeginWorkspaceAsync(string at, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, at, null, RunnersJson.Default.RunnerWorkspace, cancellationToken);

    /// <summary>Nothing of a task's start follows any more.</summary>
    /// <inheritdoc cref="BeginWorkspaceAsync"/>
    internal async Task CloseWorkspaceAsync(string at, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Delete, at, null, cancellationToken);
    }

    /// <summary>Makes a snapshot of a task's home directory.</summary>
    /// <inheritdoc cref="BeginWorkspaceAsync"/>
    internal async Task<CreatedSnapshot> SaveWorkspaceAsync(string at, RunnerSnapshotRequest request, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(request, RunnersJson.Default.RunnerSnapshotRequest);
        return await SendAsync(HttpMethod.Post, at + "/snapshots", content, RunnersJson.Default.CreatedSnapshot, cancellationToken);
    }

    /// <summary>The path of what a runner may do with the workspace of a task's start.</summary>
    internal static string WorkspaceAt(string link, string task, int attempt) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/api/v1/runner/links/{Uri.EscapeDataString(link)}/workspaces/{Uri.EscapeDataString(task)}/{attempt}");
}
