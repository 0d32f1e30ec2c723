using System.Net.Http.Json;
using Adit.Api;

namespace Adit.Runner.Hubs;

/// <content>Hosts that other proxies serve.</content>
public sealed partial class HubApi
{
    /// <summary>The external routes, by name.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<IReadOnlyList<ExternalRoute>> ListExternalRoutesAsync(CancellationToken cancellationToken) =>
        ListAsync("/api/v1/external-routes", AccessJson.Default.ExternalRouteList, static page => (page.Items, page.Next), cancellationToken);

    /// <summary>One external route.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<ExternalRoute> GetExternalRouteAsync(string name, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, ExternalRoute(name), null, AccessJson.Default.ExternalRoute, cancellationToken);

    /// <summary>Makes an external route, or says anew what it is.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="route">What it shall be.</param>
    /// <param name="mayReplace">Whether there may be one of this name already; otherwise that is refused (<c>changed</c>).</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task PutExternalRouteAsync(string name, ExternalRoute route, bool mayReplace, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(route, AccessJson.Default.ExternalRoute);
        using var answer = await SendAsync(HttpMethod.Put, ExternalRoute(name), content, cancellationToken, isNew: !mayReplace);
    }

    /// <summary>Removes an external route.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task RemoveExternalRouteAsync(string name, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Delete, ExternalRoute(name), null, cancellationToken);
    }

    /// <summary>What to write into a proxy so that it asks the hub.</summary>
    /// <param name="name">The route.</param>
    /// <param name="proxy"><c>caddy</c>, <c>traefik</c> or <c>nginx</c>.</param>
    /// <param name="to">Where the application is: <c>HOST:PORT</c>.</param>
    /// <param name="ask">Where the proxy reaches the hub; null for where the hub says that it listens.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<ProxyConfiguration> GetProxyConfigurationAsync(string name, string proxy, string to, string? ask, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Get,
        $"{ExternalRoute(name)}/proxies/{proxy}?to={Uri.EscapeDataString(to)}{(ask is null ? "" : "&ask=" + Uri.EscapeDataString(ask))}",
        null,
        AccessJson.Default.ProxyConfiguration,
        cancellationToken);

    private static string ExternalRoute(string name) => $"/api/v1/external-routes/{Uri.EscapeDataString(name)}";
}
