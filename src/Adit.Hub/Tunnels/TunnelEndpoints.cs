using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Adit.Hub.Projects;
using Adit.Hub.Storage;
using Adit.Hub.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tunnels;

/// <summary>/api/v1/tunnels.</summary>
internal static class TunnelEndpoints
{
    private const int PageSize = 200;

    /// <summary>
    /// Registers the slice. Needs storage, access, the edge's route table, the link host and an <see cref="ITunnelWatch"/>.
    /// </summary>
    public static IServiceCollection AddTunnels(this IServiceCollection services)
    {
        services.AddSingleton<TunnelRegistry>();
        services.AddSingleton<ITaskTunnels>(static provider => provider.GetRequiredService<TunnelRegistry>());
        services.AddSingleton<TunnelRights>();
        services.AddSingleton<TunnelAudit>();
        services.AddSingleton<IProjectContent, ProjectTunnels>();
        services.AddSingleton<INameUse, TunnelNames>();
        services.AddSingleton<TunnelDoor>();
        services.AddSingleton<TunnelView>();
        services.AddSingleton<TunnelSamples>(provider => () => TunnelCensus.Take(provider.GetRequiredService<TunnelRegistry>()));
        return services;
    }

    /// <summary>Maps the resource.</summary>
    public static void MapTunnels(this IEndpointRouteBuilder routes)
    {
        var tunnels = routes.MapGroup("/api/v1/tunnels").WithTags("tunnels");
        tunnels.MapGet("", List).Needs(Permission.TunnelsRead).Produces<TunnelList>();
        tunnels.MapPost("", CreateAsync).Needs(Permission.TunnelsWrite).Produces<Tunnel>().Produces<Tunnel>(StatusCodes.Status201Created);
        tunnels.MapGet("/{name}", (string name, HttpContext context, TunnelRights rights, TunnelView view) =>
                (rights.Find(name, context.Caller()) is { } tunnel ? Show(tunnel, context, view, StatusCodes.Status200OK) : null)
                ?? Problems.NotFound($"tunnel '{name}'"))
            .Needs(Permission.TunnelsRead).Produces<Tunnel>();
        tunnels.MapPost("/{name}/sign-in-link", TunnelSignIn.Serve).Needs(Permission.RoutesOpen).Produces<SignInLink>(StatusCodes.Status201Created);
        tunnels.MapPatch("/{name}", TunnelChange.ServeAsync).Needs(Permission.TunnelsWrite).Produces<Tunnel>();
        tunnels.MapDelete("/{name}", RemoveAsync).Needs(Permission.TunnelsWrite).Produces(StatusCodes.Status204NoContent);
        tunnels.MapDelete("/{name}/servers/{link}", DetachAsync).Needs(Permission.TunnelsWrite).Produces(StatusCodes.Status204NoContent);
    }

    /// <summary>The tunnel as an answer, with its validator; null when it is gone.</summary>
    internal static IResult? Show(LiveTunnel tunnel, HttpContext context, TunnelView view, int status)
    {
        if (tunnel.Record is not { } record || view.Of(tunnel, context) is not { } shown)
            return null;
        context.Response.Headers.ETag = record.ETag();
        return TypedResults.Json(shown, TunnelsJson.Default.Tunnel, statusCode: status);
    }

    private static JsonHttpResult<TunnelList> List(
        HttpContext context, TunnelRegistry registry, TunnelRights rights, TunnelView view, string? project = null, string? cursor = null, int? limit = null)
    {
        var caller = context.Caller();
        var size = Math.Clamp(limit ?? PageSize, 1, PageSize);
        var page = registry.All
            .Where(t => t.Record is { } r && string.CompareOrdinal(r.Name, cursor) > 0 && (project is null || r.Project == project) && rights.MaySee(caller, r))
            .OrderBy(t => t.Record?.Name, StringComparer.Ordinal)
            .Take(size + 1)
            .Select(t => view.Of(t, context))
            .OfType<Tunnel>()
            .ToList();
        return TypedResults.Json(
            new TunnelList { Items = [.. page.Take(size)], Next = page.Count > size ? page[size - 1].Name : null }, TunnelsJson.Default.TunnelList);
    }

    private static async Task<IResult> CreateAsync(
        CreateTunnelRequest request, HttpContext context, TunnelRegistry registry, TunnelView view, TunnelAudit audit)
    {
        if (TunnelRules.Refusal(request.Options) is { } refusal)
            return Problems.Invalid(refusal);
        if (request.Kind != TunnelKind.Tcp && request.Port is not null)
            return Problems.Invalid("Only a tcp tunnel has a port.");
        if (request.Target is null
            || request.Hosts?.Any(static h => h is null) == true
            || !Enum.IsDefined(request.Kind))
            return Problems.Invalid("A tunnel has a kind and a target; its host names are text.");
        if (request.Client is { Length: > 63 or 0 })
            return Problems.Invalid("A client's name has 1 to 63 characters.");
        try
        {
            var (tunnel, before) = await registry.ServeAsync(request, context.Caller());
            if (tunnel.Record is { } record)
            {
                context.Response.Headers.Location = $"/api/v1/tunnels/{record.Name}";
                await audit.ChangedAsync(context, before, record);
            }

            return Show(tunnel, context, view, before is null ? StatusCodes.Status201Created : StatusCodes.Status200OK)
                ?? Problems.Conflict("removed", "The tunnel was removed at the same moment; try again.");
        }
        catch (TunnelRefusal e)
        {
            return Answer(e);
        }
        catch (StorageException e)
        {
            return Problems.Of(StatusCodes.Status507InsufficientStorage, "storage", e.Message);
        }
    }

    private static async Task<IResult> RemoveAsync(string name, HttpContext context, TunnelRegistry registry, TunnelRights rights, TunnelAudit audit)
    {
        if (rights.FindToChange(name, context.Caller(), out var tunnel) is { } refusal)
            return refusal;
        if (tunnel.Record is { Task: { } task } ofTask)
        {
            var called = name.Split("--")[^2]; // NAME--OWNER or PORT--NAME--OWNER: docs/reference/tasks.md.
            var how = ofTask.Account == context.Caller().Account ? called : task;
            return Problems.Conflict("of-task", $"The tunnel '{name}' is a port of the task '{called}' and goes with it: 'adit stop {how}' ends the task, 'adit rm {how}' removes both then.");
        }

        try
        {
            await registry.RemoveAsync(tunnel, $"removed by {context.Caller().TokenName}");
            await audit.RemovedAsync(context, name);
            return TypedResults.NoContent();
        }
        catch (StorageException e)
        {
            return Problems.Of(StatusCodes.Status507InsufficientStorage, "storage", e.Message);
        }
    }

    private static async Task<IResult> DetachAsync(string name, string link, HttpContext context, TunnelRegistry registry, TunnelRights rights)
    {
        if (rights.FindToChange(name, context.Caller(), out var tunnel) is { } refusal)
            return refusal;
        await registry.DetachAsync(tunnel, link);
        return TypedResults.NoContent();
    }

    internal static IResult Answer(TunnelRefusal refusal) => refusal.Code switch
    {
        TunnelRefusalCode.Invalid => Problems.Invalid(refusal.Message),
        TunnelRefusalCode.NameTaken => Problems.Conflict("name-taken", refusal.Message),
        TunnelRefusalCode.NameReserved => Problems.Conflict("name-reserved", refusal.Message),
        TunnelRefusalCode.HostTaken => Problems.Conflict("host-taken", refusal.Message),
        TunnelRefusalCode.KindDiffers => Problems.Conflict("kind-differs", refusal.Message),
        TunnelRefusalCode.PortTaken => Problems.Conflict("port-taken", refusal.Message),
        TunnelRefusalCode.LinkGone => Problems.Conflict("link-gone", refusal.Message),
        TunnelRefusalCode.TooOpen => Problems.Of(StatusCodes.Status403Forbidden, "too-open", refusal.Message),
        TunnelRefusalCode.Changed => Problems.Of(StatusCodes.Status412PreconditionFailed, "changed", refusal.Message),
        TunnelRefusalCode.ReadOnly or TunnelRefusalCode.ProjectForbidden => Problems.Forbidden(refusal.Message),
        TunnelRefusalCode.ProjectUnknown => Problems.NotFound(refusal.Message),
        TunnelRefusalCode.PortsExhausted => Problems.Of(StatusCodes.Status503ServiceUnavailable, "ports-exhausted", refusal.Message),
        TunnelRefusalCode.LimitReached => Problems.Of(StatusCodes.Status429TooManyRequests, "limit-reached", refusal.Message),
        _ => throw new InvalidOperationException($"The refusal {refusal.Code} has no status.", refusal),
    };
}
