using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Access.Sessions;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Forwarding;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Projects;
using Adit.Hub.Storage;
using Adit.Hub.Tunnels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Access.Doors;

/// <summary>Registers what the edge's gate needs of accounts, and the addresses on the hub's own host that belong to it.</summary>
internal static class DoorsEndpoints
{
    /// <summary>Adds it all. Needs storage, tokens, sessions, accounts, projects and the edge.</summary>
    public static IServiceCollection AddDoors(this IServiceCollection services, HubOptions options)
    {
        services.AddSingleton<DoorKeys>();
        services.AddSingleton<IDoorKeys>(static p => p.GetRequiredService<DoorKeys>());
        services.AddSingleton<IDoorSessions>(static p => p.GetRequiredService<DoorKeys>());
        services.AddSingleton<IDoorLog, DoorAudit>();
        services.AddSingleton<DanceCodes>();
        services.AddSingleton<SettingStore>();
        services.AddSingleton<AccessCap>();
        services.AddSingleton<IAccessCap>(static p => p.GetRequiredService<AccessCap>());
        services.AddSingleton(new EmbedKeys(options.DataDirectory));
        services.AddSingleton<EmbedGrants>();
        services.AddSingleton<IEmbedGrants>(static p => p.GetRequiredService<EmbedGrants>());
        services.AddSingleton<Consents>();
        services.AddSingleton<IConsents>(static p => p.GetRequiredService<Consents>());
        services.AddSingleton<INameUse>(static p => p.GetRequiredService<Consents>());
        services.AddSingleton<AuthorizeEndpoint>();
        services.AddSingleton<ExternalRoutes>();
        services.AddSingleton<IProjectContent>(static p => p.GetRequiredService<ExternalRoutes>());
        services.AddSingleton<INameUse>(static p => p.GetRequiredService<ExternalRoutes>());
        services.AddSingleton<ForwardAuth>();
        services.AddSingleton<ProxyConfigurations>();
        services.AddSingleton(p => new AssertionKeys(options.DataDirectory, p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<AssertionKeys>>()));
        services.AddSingleton(p => new Assertions(
            p.GetRequiredService<AssertionKeys>(), (options.ListenTls.Count > 0 ? "https://" : "http://") + options.Domain, p.GetRequiredService<TimeProvider>()));
        services.ConfigureHttpJsonOptions(static json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, AccessJson.Default));
        return services;
    }

    /// <summary>Loads what is stored, and has everything that is open asked again whenever something changes that it was opened for.</summary>
    public static async Task LoadDoorsAsync(this IServiceProvider services)
    {
        var doors = services.GetRequiredService<OpenDoors>();
        var cap = services.GetRequiredService<AccessCap>();
        await cap.LoadAsync();
        await services.GetRequiredService<EmbedGrants>().LoadAsync();
        await services.GetRequiredService<ExternalRoutes>().LoadAsync();
        await services.GetRequiredService<Consents>().LoadAsync();
        foreach (var use in services.GetServices<INameUse>())
            services.GetRequiredService<AccountDirectory>().Uses.Add(use);
        services.GetRequiredService<TunnelRegistry>().Removed += services.GetRequiredService<EmbedGrants>().Forget;
        cap.Changed += doors.Changed;
        services.GetRequiredService<EmbedGrants>().Removed += doors.Changed;
        services.GetRequiredService<Consents>().Removed += doors.Changed;
        services.GetRequiredService<RouteTable>().PolicyChanged += doors.Changed;
        services.GetRequiredService<TokenRegistry>().Revoked += _ => doors.Changed();
        services.GetRequiredService<SessionRegistry>().Ended += _ => doors.Changed();
        services.GetRequiredService<AccountDirectory>().Changed += _ => doors.Changed();
        services.GetRequiredService<ProjectDirectory>().Changed += _ => doors.Changed();
    }

    /// <summary>Maps the addresses.</summary>
    public static void MapDoors(this IEndpointRouteBuilder routes)
    {
        // A browser comes here without knowing whether it is signed in; what it gets follows from its session.
        routes.MapGet("/apps/authorize", (HttpContext context, AuthorizeEndpoint endpoint, string? app_host = null, string? challenge = null, string? state = null) =>
            endpoint.Serve(context, app_host, challenge, state)).NeedsNobody().ExcludeFromDescription();

        // What the button of its page sends: a form, which has no header for the session's proof and brings it among its fields.
        routes.MapPost("/apps/authorize", (HttpContext context, AuthorizeEndpoint endpoint) => endpoint.ConsentAsync(context)).NeedsNobody().ExcludeFromDescription();

        // Applications verify assertions with it: public keys.
        routes.MapGet("/.well-known/jwks.json", JwksEndpoint.Serve).NeedsNobody().ExcludeFromDescription();

        // Trusted proxies ask with the credentials of their visitors, which are for a route and not for the API.
        routes.MapGet("/authz/forward-auth", (HttpContext context, ForwardAuth auth) => auth.Forward(context)).NeedsNobody().ExcludeFromDescription();
        routes.MapGet("/authz/auth-request", (HttpContext context, ForwardAuth auth) => auth.Request(context)).NeedsNobody().ExcludeFromDescription();
        routes.MapGet("/api/v1/access/explain", ExplainEndpoint.Serve).Needs(Permission.TunnelsRead).Produces<AccessExplanation>().WithTags("access");
        routes.MapAccessSettings();
        routes.MapConsents();
        routes.MapEmbeds();
        routes.MapExternalRoutes();
    }

    /// <summary>The address that a request came from, as the audit log has it.</summary>
    public static string? AddressOf(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address ? ForwardedFields.Text(address) : null;
}
