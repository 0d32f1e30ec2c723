using System.Net.Http.Json;
using Adit.Api;

namespace Adit.Runner.Hubs;

/// <summary>Secrets: set, seen without their values, removed.</summary>
public sealed partial class HubApi
{
    /// <summary>Those that the caller may see: of the hub and of projects.</summary>
    /// <param name="project">Only those of this project; null for all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<IReadOnlyList<ApiSecret>> ListSecretsAsync(string? project, CancellationToken cancellationToken) => ListAsync(
        "/api/v1/secrets" + OfProject(project), SecretsJson.Default.SecretList, static page => (page.Items, page.Next), cancellationToken);

    /// <summary>Sets a secret, or gives it another value.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="project">The project whose it is; null for the hub's.</param>
    /// <param name="value">Its value.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<ApiSecret> SetSecretAsync(string name, string? project, string value, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Put, Secret(name, project), JsonContent.Create(new SetSecretRequest { Value = value }, SecretsJson.Default.SetSecretRequest), SecretsJson.Default.ApiSecret, cancellationToken);

    /// <summary>Removes a secret.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task RemoveSecretAsync(string name, string? project, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Delete, Secret(name, project), null, cancellationToken);
    }

    private static string Secret(string name, string? project) => $"/api/v1/secrets/{Uri.EscapeDataString(name)}{OfProject(project)}";

    private static string OfProject(string? project) => project is null ? "" : "?project=" + Uri.EscapeDataString(project);
}
