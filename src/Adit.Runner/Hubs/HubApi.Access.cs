using System.Net.Http.Json;
using Adit.Api;

namespace Adit.Runner.Hubs;

/// <content>Signing in, and the audit log.</content>
public sealed partial class HubApi
{
    /// <summary>Asks to act as somebody, who confirms it in a browser. Needs no token.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<DeviceCodes> BeginDeviceAsync(string clientName, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(new BeginDeviceRequest { ClientName = clientName }, DevicesJson.Default.BeginDeviceRequest);
        return await SendAsync(HttpMethod.Post, "/api/v1/device", content, DevicesJson.Default.DeviceCodes, cancellationToken);
    }

    /// <summary>Asks whether it was confirmed. Needs no token.</summary>
    /// <returns>The token, with its secret.</returns>
    /// <exception cref="HubApiException">Not yet (<c>authorization-pending</c>, <c>slow-down</c>), or never.</exception>
    /// <exception cref="HttpRequestException">The hub could not be reached.</exception>
    public async Task<ApiToken> AskDeviceAsync(string deviceCode, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(new DeviceTokenRequest { DeviceCode = deviceCode }, DevicesJson.Default.DeviceTokenRequest);
        return await SendAsync(HttpMethod.Post, "/api/v1/device/token", content, TokensJson.Default.ApiToken, cancellationToken);
    }

    /// <summary>Who one is on the hub.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<CurrentSession> GetSessionAsync(CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, "/api/v1/session", null, SessionsJson.Default.CurrentSession, cancellationToken);

    /// <summary>Which applications of others one lets learn who one is.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<IReadOnlyList<Consent>> ListConsentsAsync(CancellationToken cancellationToken) =>
        ListAsync("/api/v1/consents", AccessJson.Default.ConsentList, static page => (page.Items, page.Next), cancellationToken);

    /// <summary>Takes a consent back.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task RemoveConsentAsync(string route, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Delete, "/api/v1/consents/" + Uri.EscapeDataString(route), null, cancellationToken);
    }

    /// <summary>Entries of the audit log, newest first.</summary>
    /// <param name="query">Which: <c>since=1h&amp;actor=anna</c>.</param>
    /// <param name="most">How many at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<IReadOnlyList<AuditRecord>> ListAuditAsync(string query, int most, CancellationToken cancellationToken) =>
        ListAsync("/api/v1/audit?" + query, AuditRecordsJson.Default.AuditList, static page => (page.Items, page.Next), cancellationToken, most);

    /// <summary>Lets pages of other sites show a tunnel in a frame.</summary>
    /// <returns>The grant, with its address and, when it is signed, its key.</returns>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<EmbedGrantView> CreateEmbedAsync(string tunnel, CreateEmbedRequest request, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(request, AccessJson.Default.CreateEmbedRequest);
        return await SendAsync(HttpMethod.Post, Embeds(tunnel), content, AccessJson.Default.EmbedGrantView, cancellationToken);
    }

    /// <summary>The grants of a tunnel, oldest first.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<IReadOnlyList<EmbedGrantView>> ListEmbedsAsync(string tunnel, CancellationToken cancellationToken) =>
        ListAsync(Embeds(tunnel), AccessJson.Default.EmbedGrantList, static page => (page.Items, page.Next), cancellationToken);

    /// <summary>Takes a grant back.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task RemoveEmbedAsync(string tunnel, string id, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Delete, $"{Embeds(tunnel)}/{Uri.EscapeDataString(id)}", null, cancellationToken);
    }

    private static string Embeds(string tunnel) => $"/api/v1/tunnels/{Uri.EscapeDataString(tunnel)}/embeds";
}
