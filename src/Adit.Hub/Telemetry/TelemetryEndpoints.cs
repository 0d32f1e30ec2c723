using System.Net;
using Adit.Hub.Access;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Telemetry;

/// <summary>Registers metrics, health and traces.</summary>
internal static class TelemetryEndpoints
{
    // Whoever adds one of these stands between us and somebody else: the peer's address then says nothing.
    private static readonly string[] ProxyHeaders = ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"];

    /// <summary>Adds what the endpoints and the other slices need.</summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, HubOptions options)
    {
        services.AddSingleton<TunnelMeters>();
        services.AddSingleton<LinkMetrics>();
        services.AddSingleton<HubMetrics>();
        services.AddSingleton<Readiness>();
        services.AddHostedService<IdleMemory>();
        if (options.OtlpEndpoint is not null)
            services.AddHostedService<TraceExport>();
        return services;
    }

    /// <summary>Maps /healthz, /readyz and /metrics.</summary>
    public static void MapTelemetry(this IEndpointRouteBuilder routes)
    {
        // Made now, so that links are counted from the first on.
        routes.ServiceProvider.GetRequiredService<LinkMetrics>();
        // Probes have no token; metrics look for themselves, because scrapers on this machine need none.
        routes.MapGet("/healthz", () => TypedResults.Text("ok\n")).NeedsNobody().ExcludeFromDescription();
        routes.MapGet("/readyz", ReadyAsync).NeedsNobody().ExcludeFromDescription();
        routes.MapGet("/metrics", Metrics).NeedsNobody().ExcludeFromDescription();
    }

    private static async Task<IResult> ReadyAsync(Readiness readiness, HttpContext context) =>
        await readiness.ProblemAsync(context.RequestAborted) is { } problem
            ? Problems.Of(StatusCodes.Status503ServiceUnavailable, "not-ready", problem)
            : TypedResults.Text("ready\n");

    private static IResult Metrics(HttpContext context, HubMetrics metrics, Authority authority)
    {
        var mayRead = context.Items[typeof(Caller)] is Caller caller && authority.May(caller, Permission.MetricsRead, default);
        if (!mayRead && !IsLocal(context))
        {
            return Problems.Of(
                StatusCodes.Status401Unauthorized,
                "unauthorized",
                "Metrics are for this machine itself, or for an admin's or auditor's token: send it as `Authorization: Bearer TOKEN`.");
        }

        return TypedResults.Text(metrics.Collect(), MetricsWriter.ContentType);
    }

    private static bool IsLocal(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)
        && !ProxyHeaders.Any(context.Request.Headers.ContainsKey);
}
