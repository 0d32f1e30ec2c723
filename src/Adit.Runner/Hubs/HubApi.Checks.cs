using Adit.Api;

namespace Adit.Runner.Hubs;

/// <summary>What the hub finds when it looks at itself.</summary>
public sealed partial class HubApi
{
    /// <summary>Has the hub look.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<CheckList> CheckAsync(CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, "/api/v1/checks", null, ChecksJson.Default.CheckList, cancellationToken);
}
