using Adit.Hub.Access.Permissions;
using Adit.Testing;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tests.Access;

/// <summary>The doors of a running hub.</summary>
public sealed class EndpointTests
{
    [Fact(Timeout = 60_000)]
    public async Task Every_endpoint_says_once_which_permission_it_needs()
    {
        await WithEndpointsAsync(endpoints =>
        {
            Assert.Empty(endpoints.Where(e => e.Metadata.GetOrderedMetadata<Need>().Count == 0).Select(e => $"{Path(e)} does not say what it needs"));
            Assert.Empty(endpoints.Where(e => e.Metadata.GetOrderedMetadata<Need>().Count > 1).Select(e => $"{Path(e)} says twice what it needs"));
        });
    }

    [Fact(Timeout = 60_000)]
    public async Task What_an_endpoint_says_is_what_is_asked_of_its_callers()
    {
        await WithEndpointsAsync(endpoints =>
        {
            Assert.Empty(
                from endpoint in endpoints
                let need = endpoint.Metadata.GetMetadata<Need>()
                where need is { IsOpen: false } && (endpoint.Metadata.GetMetadata<IAuthorizeData>() is null || endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
                select $"{Path(endpoint)} needs a caller and lets strangers in");
            Assert.Empty(
                from endpoint in endpoints
                where endpoint.Metadata.GetMetadata<Need>() is { IsOpen: true } && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null
                select $"{Path(endpoint)} is for everybody and lets nobody in");
        });
    }

    // Each for a reason: probes and scrapers have no token; a link shows its ticket itself; whoever signs in is nobody yet, and a program
    // that waits for somebody to sign in for it is not either; a browser on its way to a route is asked for its session where it may have none;
    // proxies ask with what their visitors have; editors fetch a schema that says nothing about the hub.
    private static readonly string[] Open =
    [
        "/healthz", "/readyz", "/metrics", "/_adit/", "/.well-known/", "/api/v1/sign-in", "/api/v1/invitations/", "/api/v1/device", "/apps/authorize",
        "/authz/", "/api/v1/templates/schema",
    ];

    [Fact(Timeout = 60_000)]
    public async Task Only_what_is_meant_to_be_is_open_to_everybody()
    {
        await WithEndpointsAsync(static endpoints => Assert.Empty(
            from endpoint in endpoints
            where endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null && !Open.Any(open => Path(endpoint).Contains(" " + open, StringComparison.Ordinal))
            select $"{Path(endpoint)} is open to everybody"));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_changes_something_needs_a_permission_to_write_and_what_reads_does_not()
    {
        await WithEndpointsAsync(endpoints => Assert.Empty(
            from endpoint in endpoints
            where endpoint.Metadata.GetMetadata<Need>() is { Permission: { IsWrite: true } } && Methods(endpoint).All(static m => m is "GET" or "HEAD")
            where Path(endpoint).Contains(" /api/", StringComparison.Ordinal)
            where !Path(endpoint).EndsWith("/exec", StringComparison.Ordinal) // A WebSocket, which begins with a GET.
            select $"{Path(endpoint)} reads and asks for a permission to write"));
    }

    private static async Task WithEndpointsAsync(Action<RouteEndpoint[]> check)
    {
        using var data = new TempDirectory();
        await using var hub = await HubApp.StartAsync(new HubOptions { DataDirectory = data.File("hub"), Listen = ["127.0.0.1:0"] });
        var endpoints = hub.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().ToArray();
        Assert.Contains(endpoints, endpoint => Path(endpoint).Contains(" /api/v1/tunnels", StringComparison.Ordinal));
        check(endpoints);
    }

    private static IEnumerable<string> Methods(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? [];

    private static string Path(RouteEndpoint endpoint) => $"{string.Join(',', Methods(endpoint))} /{endpoint.RoutePattern.RawText?.TrimStart('/')}";
}
