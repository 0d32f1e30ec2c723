using Adit.Api;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Access.Sessions;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Adit.Hub.Access;

/// <summary>Registers access: authentication for everything, and the tokens resource.</summary>
internal static class AccessEndpoints
{
    // By token or by session, whichever the request shows; never both at once.
    private const string EitherScheme = "access";

    /// <summary>Adds authentication by token or session, required of every endpoint that does not say otherwise.</summary>
    public static IServiceCollection AddAccess(this IServiceCollection services)
    {
        services.TryAddSingleton<GuessThrottles>();
        services.AddSingleton<Authority>().AddSingleton<AuditLog>();
        // Not AddAuthentication, which brings the framework's own key ring and writes it into the user's home.
        services.AddAuthenticationCore(options => options.DefaultScheme = EitherScheme).AddWebEncoders();
        new AuthenticationBuilder(services)
            .AddScheme<AuthenticationSchemeOptions, TokenAuthentication>(TokenAuthentication.SchemeName, null)
            .AddScheme<AuthenticationSchemeOptions, SessionAuthentication>(SessionAuthentication.SchemeName, null)
            .AddPolicyScheme(EitherScheme, null, either => either.ForwardDefaultSelector = SchemeOf);
        services.AddAuthorizationBuilder()
            .SetFallbackPolicy(new Microsoft.AspNetCore.Authorization.AuthorizationPolicyBuilder(EitherScheme).RequireAuthenticatedUser().Build());
        return services;
    }

    /// <summary>Maps /api/v1/tokens.</summary>
    public static void MapAccess(this IEndpointRouteBuilder routes)
    {
        var tokens = routes.MapGroup("/api/v1/tokens").RequireAuthorization().WithTags("tokens");
        tokens.MapGet("", (HttpContext context, TokenRegistry registry) =>
            TypedResults.Json(new TokenList { Items = registry.List(context.Caller()) }, TokensJson.Default.TokenList)).Produces<TokenList>();
        tokens.MapPost("", CreateAsync).Produces<ApiToken>(StatusCodes.Status201Created);
        tokens.MapDelete("/{id}", async (string id, HttpContext context, TokenRegistry registry) =>
            await registry.RevokeAsync(id, context.Caller()) ? TypedResults.NoContent() : Problems.NotFound($"token {id}")).Produces(StatusCodes.Status204NoContent);
    }

    /// <summary>Who asks. Only behind authentication.</summary>
    public static Caller Caller(this HttpContext context) =>
        context.Items[typeof(Caller)] as Caller ?? throw new InvalidOperationException("This endpoint was mapped without authorization.");

    /// <summary>The address that a request came from, as the audit log has it.</summary>
    public static string? Address(this HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address ? Edge.Forwarding.ForwardedFields.Text(address) : null;

    // A token that is shown counts: what is not a browser has no business with cookies.
    private static string SchemeOf(HttpContext context) =>
        context.Request.Headers.Authorization.Count == 0 && SessionCookie.IsIn(context.Request) ? SessionAuthentication.SchemeName : TokenAuthentication.SchemeName;

    private static async Task<IResult> CreateAsync(CreateTokenRequest request, HttpContext context, TokenRegistry registry)
    {
        var caller = context.Caller();
        if (request.Name is not { Length: >= 1 and <= 100 } || request.Name.Any(char.IsControl))
            return Problems.Invalid("A token's name is 1 to 100 characters, none of them control characters.");
        if (request.Account is { Length: > 63 or 0 })
            return Problems.Invalid("An account's name is 1 to 63 characters.");
        if (request is { ExpiresInSeconds: <= 0 or > 10L * 366 * 86400 } or { MaxTunnels: < 0 } or { MaxStreams: < 1 } or { BytesPerSecond: < 1024 })
            return Problems.Invalid("Limits are positive, a bandwidth at least 1024 bytes per second, an expiry at most ten years.");
        var account = request.Account ?? caller.Account;
        if (!caller.IsAdmin && (request.IsAdmin || account != caller.Account))
            return Problems.Forbidden("Only an admin makes tokens for others or with admin rights.");
        // Each child would have the limit anew, so that limits of those who could make children would be none.
        if (caller is { IsAdmin: false, HasLimits: true })
            return Problems.Forbidden("This token has limits and makes no other tokens; ask an admin for one.");
        var token = await registry.CreateAsync(request, account, request.IsAdmin, caller.Expires);
        return TypedResults.Json(token, TokensJson.Default.ApiToken, statusCode: StatusCodes.Status201Created);
    }
}
