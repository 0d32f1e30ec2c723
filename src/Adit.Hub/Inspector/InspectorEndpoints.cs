using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Edge;
using Adit.Hub.Http;
using Adit.Hub.Tunnels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Inspector;

/// <summary>The last requests of one's tunnels, and events as they happen.</summary>
internal static class InspectorEndpoints
{
    private const long MemoryLimit = 64 * 1024 * 1024;

    /// <summary>Registers the slice, and with it the <see cref="ITunnelWatch"/>.</summary>
    public static IServiceCollection AddInspector(this IServiceCollection services)
    {
        services.AddSingleton(provider => new RequestArchive(provider.GetRequiredService<HubOptions>().InspectRequests, MemoryLimit));
        services.AddSingleton<EventHub>();
        services.AddSingleton<TunnelInspectors>();
        services.AddSingleton<ITunnelWatch>(provider => provider.GetRequiredService<TunnelInspectors>());
        services.AddSingleton<EventStream>();
        services.AddSingleton<Replay>();
        return services;
    }

    /// <summary>Maps /api/v1/tunnels/{name}/requests and /api/v1/events.</summary>
    public static void MapInspector(this IEndpointRouteBuilder routes)
    {
        var requests = routes.MapGroup("/api/v1/tunnels/{name}/requests").WithTags("requests");
        requests.MapGet("", List).Needs(Permission.TunnelsRead).Produces<RequestList>();
        requests.MapGet("/{id}", Show).Needs(Permission.TunnelsRead).Produces<InspectedRequest>();
        requests.MapPost("/{id}/replay", ReplayAsync).Needs(Permission.TunnelsWrite).Produces<InspectedRequest>();
        routes.MapGet("/api/v1/events", (HttpContext context, EventStream stream, string? tunnel = null, string? requests = null, string? task = null) => stream.ServeAsync(context, tunnel, requests, task))
            .Needs(Permission.TunnelsRead).WithTags("events").Produces<string>(contentType: "text/event-stream");
    }

    private static IResult List(string name, HttpContext context, TunnelInspectors inspectors, RequestArchive archive, Authority authority)
    {
        if (Seen(name, context, inspectors, authority) is not { } inspector)
            return NotInspected(name);
        var isWhole = MayChange(inspector, context, authority);
        return TypedResults.Json(
            new RequestList { Items = [.. archive.List(name).Select(recording => RequestView.Summary(recording, name, isWhole))] },
            TunnelsJson.Default.RequestList);
    }

    private static IResult Show(
        string name, string id, HttpContext context, TunnelInspectors inspectors, RequestArchive archive, Authority authority, bool secrets = false)
    {
        if (Seen(name, context, inspectors, authority) is not { } inspector)
            return NotInspected(name);
        if (!MayChange(inspector, context, authority))
            return Problems.Forbidden($"You may see which requests '{name}' had, not what they said; ask the tunnel's owner.");
        return archive.Find(name, id) is { } recording
            ? TypedResults.Json(RequestView.Whole(recording, name, secrets), TunnelsJson.Default.InspectedRequest)
            : NotKept(name, id);
    }

    private static async Task<IResult> ReplayAsync(
        string name, string id, HttpContext context, TunnelInspectors inspectors, RequestArchive archive, Authority authority, RouteTable routes, HubOptions options, Replay replay, bool secrets = false)
    {
        if (Seen(name, context, inspectors, authority) is not { } inspector)
            return NotInspected(name);
        if (!MayChange(inspector, context, authority))
            return Problems.Forbidden(TunnelRights.ReadOnly(name));
        if (archive.Find(name, id) is not { } original)
            return NotKept(name, id);
        if (Replay.Refusal(original) is { } refusal)
            return Problems.Conflict("not-replayable", refusal);
        if (routes.Find($"{name}.{options.Domain}") is not { Kind: RouteKind.Http } route || !route.Upstream.IsUp)
            return Problems.Of(
                StatusCodes.Status503ServiceUnavailable, "offline", $"The tunnel '{name}' is offline: start its client and try again.");
        var recording = await replay.RunAsync(original, route, context.RequestAborted);
        inspector.Keep(recording);
        return TypedResults.Json(RequestView.Whole(recording, name, secrets), TunnelsJson.Default.InspectedRequest);
    }

    private static TunnelInspector? Seen(string name, HttpContext context, TunnelInspectors inspectors, Authority authority) =>
        inspectors.Find(name) is { } inspector && authority.May(context.Caller(), Permission.TunnelsRead, inspector.Belonging) ? inspector : null;

    private static bool MayChange(TunnelInspector inspector, HttpContext context, Authority authority) =>
        authority.May(context.Caller(), Permission.TunnelsWrite, inspector.Belonging);

    private static IResult NotInspected(string name) => Problems.NotFound($"http tunnel '{name}' with its inspector on");

    private static IResult NotKept(string name, string id) => Problems.NotFound($"request {id} kept of tunnel '{name}' (any more)");
}
