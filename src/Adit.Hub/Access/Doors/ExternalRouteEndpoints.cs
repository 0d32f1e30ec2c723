using Adit.Api;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Adit.Hub.Tunnels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Adit.Hub.Access.Doors;

/// <summary>/api/v1/external-routes: what the hub decides about and does not serve. An admin's business.</summary>
internal static class ExternalRouteEndpoints
{
    /// <summary>Maps it.</summary>
    public static void MapExternalRoutes(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/external-routes").WithTags("access");
        group.MapGet("", List).Needs(Permission.SettingsRead).Produces<ExternalRouteList>();
        group.MapGet("/{name}", Show).Needs(Permission.SettingsRead).Produces<ExternalRoute>();
        group.MapPut("/{name}", PutAsync).Needs(Permission.SettingsWrite).Produces<ExternalRoute>();
        group.MapDelete("/{name}", RemoveAsync).Needs(Permission.SettingsWrite).Produces(StatusCodes.Status204NoContent);
    }

    private static JsonHttpResult<ExternalRouteList> List(HttpContext context, ExternalRoutes external, Authority authority) =>
        TypedResults.Json(
            new ExternalRouteList { Items = authority.May(context.Caller(), Permission.SettingsRead, default) ? external.All : [] },
            AccessJson.Default.ExternalRouteList);

    private static IResult Show(string name, HttpContext context, ExternalRoutes external, Authority authority) =>
        authority.May(context.Caller(), Permission.SettingsRead, default) && external.Find(name) is { } route
            ? TypedResults.Json(route, AccessJson.Default.ExternalRoute)
            : Problems.NotFound($"external route '{name}'");

    private static async Task<IResult> PutAsync(
        string name, ExternalRoute route, HttpContext context, ExternalRoutes external, Authority authority, AuditLog audit)
    {
        if (!authority.May(context.Caller(), Permission.SettingsWrite, default))
            return Problems.Forbidden("Only an admin makes external routes.");
        if (TunnelName.Refusal(name) is { } refusal)
            return Problems.Invalid(refusal.Replace("tunnel", "external route", StringComparison.Ordinal));
        try
        {
            if (await external.PutAsync(name, route, context.Caller().Account) is { } problem)
                return Problems.Conflict("host-taken", problem);
        }
        catch (FormatException e)
        {
            return Problems.Invalid(e.Message);
        }

        await audit.RecordAsync(AuditEntry.By(context.Caller(), "policy.change", "external:" + name, context.Address()) with
        {
            Detail = new Dictionary<string, string> { ["access"] = route.Access, ["origins"] = string.Join(' ', route.Origins) },
        });
        return TypedResults.Json(external.Find(name)!, AccessJson.Default.ExternalRoute);
    }

    private static async Task<IResult> RemoveAsync(string name, HttpContext context, ExternalRoutes external, Authority authority, AuditLog audit)
    {
        if (!authority.May(context.Caller(), Permission.SettingsWrite, default) || !await external.RemoveAsync(name))
            return Problems.NotFound($"external route '{name}'");
        await audit.RecordAsync(AuditEntry.By(context.Caller(), "policy.change", "external:" + name, context.Address()));
        return TypedResults.NoContent();
    }
}
