using System.Net.Http.Json;
using Adit.Api;

namespace Adit.Runner.Hubs;

/// <summary>Quotas and what is used.</summary>
public sealed partial class HubApi
{
    /// <summary>Quotas: all that are set, or what holds for oneself.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<IReadOnlyList<ApiQuota>> ListQuotasAsync(bool mine, CancellationToken cancellationToken) =>
        ListAsync($"/api/v1/quotas?mine={(mine ? "true" : "false")}", QuotasJson.Default.QuotaList, static page => (page.Items, page.Next), cancellationToken);

    /// <summary>Changes a quota: what is not named stays as it holds now, by itself or by the default.</summary>
    /// <param name="kind"><c>user</c> or <c>project</c>.</param>
    /// <param name="name">Whose; <c>*</c> for the default.</param>
    /// <param name="change">Makes the limits that it shall have of what holds now.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<ApiQuota> ChangeQuotaAsync(string kind, string name, Func<ApiQuota, SetQuotaRequest> change, CancellationToken cancellationToken)
    {
        using var read = await SendAsync(HttpMethod.Get, Quota(kind, name), null, cancellationToken);
        var before = (await read.Content.ReadFromJsonAsync(QuotasJson.Default.ApiQuota, cancellationToken))!;
        using var request = new HttpRequestMessage(HttpMethod.Put, Quota(kind, name)) { Content = JsonContent.Create(change(before), QuotasJson.Default.SetQuotaRequest) };
        if (read.Headers.ETag is { } validator)
            request.Headers.IfMatch.Add(validator);
        using var answer = await http.SendAsync(request, cancellationToken);
        if (!answer.IsSuccessStatusCode)
            throw await HubProblem.ReadAsync(answer, hub, cancellationToken);
        return (await answer.Content.ReadFromJsonAsync(QuotasJson.Default.ApiQuota, cancellationToken))!;
    }

    /// <summary>Removes a quota: from then on the default holds.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task RemoveQuotaAsync(string kind, string name, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Delete, Quota(kind, name), null, cancellationToken);
    }

    /// <summary>What was used: lines by what it is counted, with their total.</summary>
    /// <param name="query">What of it: <c>from=7d&amp;by=project</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<UsageReport> GetUsageAsync(string query, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, "/api/v1/usage?" + query, null, UsageJson.Default.UsageReport, cancellationToken);

    /// <summary>Attempts of tasks and what each used, the newest first.</summary>
    /// <param name="query">What of it: <c>from=7d&amp;by=task</c>.</param>
    /// <param name="most">At most so many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<IReadOnlyList<UsageAttempt>> ListAttemptsAsync(string query, int most, CancellationToken cancellationToken) =>
        ListAsync("/api/v1/usage?" + query, UsageJson.Default.UsageReport, static page => (page.Attempts ?? [], page.Next), cancellationToken, most);

    /// <summary>The same as a table (CSV), of any length.</summary>
    /// <param name="query">What of it.</param>
    /// <param name="to">Where it is written.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task CopyUsageTableAsync(string query, Stream to, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Get, $"/api/v1/usage?{query}&format=csv", null, cancellationToken);
        await answer.Content.CopyToAsync(to, cancellationToken);
    }

    private static string Quota(string kind, string name) => $"/api/v1/quotas/{Uri.EscapeDataString(kind)}/{Uri.EscapeDataString(name)}";
}
