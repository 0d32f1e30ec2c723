using Adit.Api;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Adit.Hub.Access.Doors;

/// <summary>/api/v1/consents: which applications one lets learn who one is. Everybody's own, and nobody else's.</summary>
internal static class ConsentEndpoints
{
    /// <summary>Maps it. They are given on the page of <see cref="AuthorizeEndpoint"/> only, where a person sees to what.</summary>
    public static void MapConsents(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/consents").WithTags("access");
        group.MapGet("", List).Needs(Permission.AccountsRead).Produces<ConsentList>();
        group.MapDelete("/{route}", RemoveAsync).Needs(Permission.AccountsWrite).Produces(StatusCodes.Status204NoContent);
    }

    private static JsonHttpResult<ConsentList> List(HttpContext context, Consents consents) =>
        TypedResults.Json(new ConsentList { Items = consents.List(context.Caller().Account) }, AccessJson.Default.ConsentList);

    private static async Task<IResult> RemoveAsync(string route, HttpContext context, Consents consents)
    {
        var caller = context.Caller();
        var entry = AuditEntry.By(caller, "consent.remove", "route:" + route, context.Address());
        return await consents.RemoveAsync(caller.Account, route, entry) ? TypedResults.NoContent() : Problems.NotFound($"consent to '{route}'");
    }
}
