using Adit.Hub.Access.Audit;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Access.Permissions;

/// <summary>
/// How an endpoint says what it needs. Every endpoint says it once (a test fails when one does not); a caller whose scopes do not touch the
/// permission at all is refused before the request is read, and the handler asks <see cref="Authority"/> about the very thing.
/// </summary>
internal static class PermissionEndpoints
{
    private const int MostAsked = 200;

    /// <summary>Needs a caller with this permission.</summary>
    public static TBuilder Needs<TBuilder>(this TBuilder endpoint, Permission permission)
        where TBuilder : IEndpointConventionBuilder
    {
        endpoint.RequireAuthorization();
        endpoint.WithMetadata(new Need(permission));
        return endpoint;
    }

    /// <summary>Needs a caller, whatever its scopes.</summary>
    public static TBuilder NeedsCaller<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder
    {
        endpoint.RequireAuthorization();
        endpoint.WithMetadata(new Need(null));
        return endpoint;
    }

    /// <summary>Is there for anybody: the reason is written where the endpoint is mapped.</summary>
    public static TBuilder NeedsNobody<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder
    {
        endpoint.AllowAnonymous();
        endpoint.WithMetadata(new Need(null) { IsOpen = true });
        return endpoint;
    }

    /// <summary>
    /// Refuses callers that lack the scope which the endpoint needs, and tells the audit log whoever was refused anything. After
    /// authorization, so that there is a caller.
    /// </summary>
    public static IApplicationBuilder UsePermissions(this IApplicationBuilder app)
    {
        var audit = app.ApplicationServices.GetRequiredService<AuditRepeats>();
        return app.Use(async (context, next) =>
        {
            if (context.GetEndpoint()?.Metadata.GetMetadata<Need>() is { Permission: { } permission } && !context.Caller().Scopes.Touches(permission))
                await Problems.Forbidden($"This token was not made for it: it lacks the scope {permission}.").ExecuteAsync(context);
            else
                await next(context);
            if (context.Response.StatusCode == StatusCodes.Status403Forbidden && context.Items[typeof(Caller)] is Caller caller)
            {
                // Alike are those at one endpoint: whoever asks chooses the rest of the path.
                var endpoint = $"{context.Request.Method} {(context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText}";
                audit.Record(AuditEntry.By(caller, "api", Asked(context.Request), context.Address()) with { Outcome = AuditOutcome.Denied }, endpoint);
            }
        });
    }

    private static string Asked(HttpRequest request)
    {
        var asked = $"{request.Method} {request.Path}";
        return asked.Length <= MostAsked ? asked : asked[..MostAsked];
    }
}

/// <summary>What an endpoint declared.</summary>
/// <param name="Permission">The permission; null for any caller, or nobody.</param>
internal sealed record Need(Permission? Permission)
{
    /// <summary>Whether anybody may call it.</summary>
    public bool IsOpen { get; init; }
}
