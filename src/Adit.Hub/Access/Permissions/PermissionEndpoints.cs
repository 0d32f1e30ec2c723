using Adit.Hub.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Access.Permissions;

/// <summary>
/// How an endpoint says what it needs. Every endpoint of the API says it (a test fails when one does not); a caller whose scopes do not
/// touch the permission at all is refused here, and the handler asks <see cref="Authority"/> about the very thing.
/// </summary>
internal static class PermissionEndpoints
{
    /// <summary>Needs a caller with this permission.</summary>
    public static TBuilder Needs<TBuilder>(this TBuilder endpoint, Permission permission)
        where TBuilder : IEndpointConventionBuilder
    {
        endpoint.RequireAuthorization();
        endpoint.WithMetadata(new Need(permission));
        endpoint.AddEndpointFilter(async (context, next) => context.HttpContext.Caller().Scopes.Touches(permission)
            ? await next(context)
            : Problems.Forbidden($"This token was not made for it: it lacks the scope {permission}."));
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
}

/// <summary>What an endpoint declared.</summary>
/// <param name="Permission">The permission; null for any caller, or nobody.</param>
internal sealed record Need(Permission? Permission)
{
    /// <summary>Whether anybody may call it.</summary>
    public bool IsOpen { get; init; }
}
