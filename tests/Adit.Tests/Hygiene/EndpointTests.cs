using Adit.Hub;
using Adit.Testing;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Tests.Hygiene;

/// <summary>The doors of a running hub.</summary>
public sealed class EndpointTests
{
    // Open to everybody, each for a reason: probes and scrapers have no token; a link shows its token (or ticket) itself; and whoever
    // signs in is nobody yet.
    private static readonly string[] Open = ["/healthz", "/readyz", "/metrics", "/_adit/", "/.well-known/", "/api/v1/sign-in", "/api/v1/invitations/"];

    [Fact(Timeout = 60_000)]
    public async Task Every_endpoint_of_the_api_says_who_may_call_it()
    {
        using var data = new TempDirectory();
        await using var hub = await HubApp.StartAsync(new HubOptions { DataDirectory = data.File("hub"), Listen = ["127.0.0.1:0"] });
        var endpoints = hub.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().ToArray();
        Assert.Contains(endpoints, endpoint => Path(endpoint).StartsWith("/api/v1/tunnels", StringComparison.Ordinal));

        Source.AssertNone(
            from endpoint in endpoints
            where Path(endpoint).StartsWith("/api/", StringComparison.Ordinal) && endpoint.Metadata.GetMetadata<IAuthorizeData>() is null
                && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null
            select $"{Path(endpoint)} declares no authorization");
        Source.AssertNone(
            from endpoint in endpoints
            where endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null && !Open.Any(open => Path(endpoint).StartsWith(open, StringComparison.Ordinal))
            select $"{Path(endpoint)} is open to everybody");
    }

    private static string Path(RouteEndpoint endpoint) => "/" + endpoint.RoutePattern.RawText?.TrimStart('/');
}
