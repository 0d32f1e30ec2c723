using Adit.Hub.Edge.Forwarding;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Edge.Tls;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Edge;

/// <summary>Puts the edge before the hub's pipeline.</summary>
internal static class EdgeServices
{
    /// <summary>
    /// Adds the <see cref="RouteTable"/>, the <see cref="OwnHosts"/> and the forwarder, and makes the edge the server. Call it when Kestrel
    /// has been added; a <see cref="TimeProvider"/> must be there too.
    /// </summary>
    public static IServiceCollection AddEdge(this IServiceCollection services, HubOptions options, ForwarderOptions? forwarding = null)
    {
        services.TryAddSingleton<RouteTable>();
        services.TryAddSingleton(new OwnHosts(options.Domain));
        services.TryAddSingleton<HostClaims>();
        services.TryAddSingleton(TrustedProxies.Parse(options.TrustedProxies));
        services.TryAddSingleton<SignInCodes>();
        services.TryAddSingleton<GuessThrottles>();
        services.TryAddSingleton<OpenDoors>();
        services.TryAddSingleton<GateMeter>();
        services.TryAddSingleton(p => new PathHolder(PathsOf(p, options)));
        services.TryAddSingleton(p => new GateHolder(GateOf(p, options)));
        services.TryAddSingleton(forwarding ?? new ForwarderOptions { LogSampling = options.RequestLogSampling });
        services.TryAddSingleton(p => new Forwarder(
            p.GetRequiredService<ForwarderOptions>(), p.GetRequiredService<TrustedProxies>(), p.GetRequiredService<GateHolder>().Gate,
            p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<Forwarder>>()));
        // A line ends with CR LF and with nothing else (RFC 9112 section 2.2 allows to refuse it): whoever stands before us may read a bare LF otherwise.
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
        services.Configure<KestrelServerOptions>(EdgeServer.Configure);

        var kestrel = services.Last(s => s.ServiceType == typeof(IServer));
        services.Remove(kestrel);
        services.AddSingleton<IServer>(p => new EdgeServer(
            Create(p, kestrel), p.GetRequiredService<RouteTable>(), p.GetRequiredService<PathHolder>().Paths, p.GetRequiredService<OwnHosts>(), p.GetRequiredService<Forwarder>(),
            Redirect(options.HttpsPort, p.GetRequiredService<TrustedProxies>(), p.GetRequiredService<OwnHosts>())));
        return services;
    }

    // Without keys to ask for, nobody passes a private route. What a hub without accounts lacks is left out.
    private static Gatekeeper? GateOf(IServiceProvider provider, HubOptions options)
    {
        if (provider.GetService<IDoorKeys>() is not { } keys)
            return null;
        var time = provider.GetRequiredService<TimeProvider>();
        var key = DoorTickets.KeyIn(options.DataDirectory);
        var tickets = new DoorTickets(key, time);
        return new Gatekeeper(new GateParts
        {
            Keys = keys,
            Tickets = tickets,
            SignInCodes = provider.GetRequiredService<SignInCodes>(),
            Throttle = provider.GetRequiredService<GuessThrottles>().Tunnels,
            Doors = provider.GetRequiredService<OpenDoors>(),
            Routes = provider.GetRequiredService<RouteTable>(),
            Meter = provider.GetRequiredService<GateMeter>(),
            Time = time,
            Rates = options.PublicRate.Count > 0
                ? new AddressRates(options.PublicRate, options.PublicBurst, provider.GetRequiredService<TrustedProxies>(), time) : null,
            Dance = provider.GetService<DanceCodes>() is { } codes ? new Dance(new DanceStates(key, time), codes, tickets, options.Domain, Outside(options)) : null,
            Sessions = provider.GetService<IDoorSessions>(),
            Grants = provider.GetService<IEmbedGrants>(),
            Paths = provider.GetRequiredService<PathHolder>().Paths,
            Consents = provider.GetService<IConsents>(),
            Assertions = provider.GetService<Assertions>(),
            Log = provider.GetService<IDoorLog>(),
        });
    }

    private static PathRoutes? PathsOf(IServiceProvider provider, HubOptions options) => options.PathHost is { } host
        ? new PathRoutes(host, options.Domain, provider.GetRequiredService<RouteTable>(), provider.GetRequiredService<ILogger<PathRoutes>>())
        : null;

    // Where visitors of what somebody else's proxy serves find the hub.
    private static Uri? Outside(HubOptions options)
    {
        var (scheme, address) = options.ListenTls.Count > 0 ? ("https", options.ListenTls[0]) : ("http", options.Listen.Count > 0 ? options.Listen[0] : null);
        return address is not null && ListenAddress.TryParse(address, out var at) ? new UriBuilder(scheme, options.Domain, at.Port).Uri : null;
    }

    private static IServer Create(IServiceProvider provider, ServiceDescriptor server) =>
        (IServer)(server.ImplementationInstance
            ?? server.ImplementationFactory?.Invoke(provider)
            ?? ActivatorUtilities.CreateInstance(provider, server.ImplementationType!));

    private static EdgeRedirect? Redirect(int? httpsPort, TrustedProxies trusted, OwnHosts own) =>
        httpsPort is { } port ? new EdgeRedirect(new HttpsRedirect(port), trusted, own) : null;
}

/// <summary>The gate of this edge, which may be none.</summary>
internal sealed record GateHolder(Gatekeeper? Gate);

/// <summary>The path mode of this edge, which may be off.</summary>
internal sealed record PathHolder(PathRoutes? Paths);
