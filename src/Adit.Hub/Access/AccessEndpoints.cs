using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Devices;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Access.Sessions;
using Adit.Hub.Edge.Gate;
using Microsoft.AspNetCore.Authentication;
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
        services.AddAudit().AddSingleton<Authority>().AddSingleton<TokenRights>().AddSingleton<TokenUses>().AddSingleton<DeviceBook>().AddSingleton<Callers>();
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

    /// <summary>Maps what the slice serves.</summary>
    public static void MapAccess(this IEndpointRouteBuilder routes)
    {
        routes.MapTokens();
        routes.MapAudit();
        routes.MapDevices();
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
}
