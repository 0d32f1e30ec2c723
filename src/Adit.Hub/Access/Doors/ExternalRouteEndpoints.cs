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
        group.MapGet("/{name}/proxies/{proxy}", Configure).Needs(Permission.SettingsRead).Produces<ProxyConfiguration>();
        group.MapPut("/{name}", PutAsync).Needs(Permission.SettingsWrite).Produces<ExternalRoute>();
        group.MapDelete("/{name}", RemoveAsync).Needs(Permission.SettingsWrite).Produces(StatusCodes.Status204NoContent);
    }

    private static JsonHttpResult<ExternalRouteList> List(HttpContext context, ExternalRoutes external, Authority authority) =>
        TypedResults.Json(
            new ExternalRouteList { Items = authority.May(context.Caller(), Permission.SettingsRead, default) ? external.All : [] },
            AccessJson.Default.ExternalRouteList);

    private static IResult Show(string name, HttpContext context, ExternalRoutes external, Authority authority) =>
        Visible(name, context, external, authority) is { } route ? Answer(route, context) : Problems.NotFound($"external route '{name}'");

    private static IResult Configure(
        string name, string proxy, HttpContext context, ExternalRoutes external, Authority authority, ProxyConfigurations configurations, string? to = null, string? ask = null)
    {
        if (Visible(name, context, external, authority) is not { } route)
            return Problems.NotFound($"external route '{name}'");
        try
        {
            return TypedResults.Json(
                configurations.Write(route, proxy, to ?? "127.0.0.1:9000", ask, context.Connection.LocalPort), AccessJson.Default.ProxyConfiguration);
        }
        catch (FormatException e)
        {
            return Problems.Invalid(e.Message);
        }
    }

    private static async Task<IResult> PutAsync(
        string name, ExternalRoute route, HttpContext context, ExternalRoutes external, Authority authority, AuditLog audit)
    {
        if (!authority.May(context.Caller(), Permission.SettingsWrite, default))
            return Problems.Forbidden("Only an admin makes external routes.");
        if (TunnelName.Refusal(name) is { } refusal)
            return Problems.Invalid(refusal.Replace("tunnel", "external route", StringComparison.Ordinal));
        try
        {
            if (await external.PutAsync(name, route, context.Caller().Account, etag => IsExpected(context.Request, etag)) is var (code, detail))
                return Problems.Of(code == "changed" ? StatusCodes.Status412PreconditionFailed : StatusCodes.Status409Conflict, code, detail);
        }
        catch (FormatException e)
        {
            return Problems.Invalid(e.Message);
        }

        await audit.RecordAsync(AuditEntry.By(context.Caller(), "policy.change", "external:" + name, context.Address()) with
        {
            Detail = new Dictionary<string, string> { ["access"] = route.Access, ["origins"] = string.Join(' ', route.Origins) },
        });
        return external.Find(name) is { } made ? Answer(made, context) : Problems.NotFound($"external route '{name}'");
    }

    private static async Task<IResult> RemoveAsync(string name, HttpContext context, ExternalRoutes external, Authority authority, AuditLog audit)
    {
        if (!authority.May(context.Caller(), Permission.SettingsWrite, default) || !await external.RemoveAsync(name))
            return Problems.NotFound($"external route '{name}'");
        await audit.RecordAsync(AuditEntry.By(context.Caller(), "policy.change", "external:" + name, context.Address()));
        return TypedResults.NoContent();
    }

    private static ExternalRoute? Visible(string name, HttpContext context, ExternalRoutes external, Authority authority) =>
        authority.May(context.Caller(), Permission.SettingsRead, default) ? external.Find(name) : null;

    private static JsonHttpResult<ExternalRoute> Answer(ExternalRoute route, HttpContext context)
    {
        context.Response.Headers.ETag = ExternalRoutes.ETag(route);
        return TypedResults.Json(route, AccessJson.Default.ExternalRoute);
    }

    // RFC 9110 13.1.1 and 13.1.2: If-Match for a change of what was seen, If-None-Match: * for a route that is to be new.
    private static bool IsExpected(HttpRequest request, string? etag) =>
        (request.Headers.IfMatch.Count == 0 || (etag is not null && IfMatch.Of(request).Allows(etag))) && (etag is null || request.Headers.IfNoneMatch.ToString() != "*");
}
