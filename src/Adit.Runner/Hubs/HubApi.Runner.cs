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
}
