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
        services.TryAddSingleton(TrustedProxies.Parse(options.TrustedProxies));
        services.TryAddSingleton<SignInCodes>();
        services.TryAddSingleton<GuessThrottles>();
        services.TryAddSingleton(forwarding ?? new ForwarderOptions { LogSampling = options.RequestLogSampling });
        services.TryAddSingleton(p => new Forwarder(
            p.GetRequiredService<ForwarderOptions>(), p.GetRequiredService<TrustedProxies>(), GateOf(p, options),
            p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<Forwarder>>()));
        services.Configure<KestrelServerOptions>(EdgeServer.Configure);

        var kestrel = services.Last(s => s.ServiceType == typeof(IServer));
        services.Remove(kestrel);
        services.AddSingleton<IServer>(p => new EdgeServer(
            Create(p, kestrel), p.GetRequiredService<RouteTable>(), p.GetRequiredService<OwnHosts>(), p.GetRequiredService<Forwarder>(),
            Redirect(options.HttpsPort, p.GetRequiredService<TrustedProxies>(), p.GetRequiredService<OwnHosts>())));
        return services;
    }

    // Without keys to ask for, nobody passes a private route.
    private static Gatekeeper? GateOf(IServiceProvider provider, HubOptions options)
    {
        if (provider.GetService<IDoorKeys>() is not { } keys)
            return null;
        var tickets = new DoorTickets(DoorTickets.KeyIn(options.DataDirectory), provider.GetRequiredService<TimeProvider>());
        return new Gatekeeper(
            keys, tickets, provider.GetRequiredService<SignInCodes>(), provider.GetRequiredService<GuessThrottles>().Tunnels);
    }

    private static IServer Create(IServiceProvider provider, ServiceDescriptor server) =>
        (IServer)(server.ImplementationInstance
            ?? server.ImplementationFactory?.Invoke(provider)
            ?? ActivatorUtilities.CreateInstance(provider, server.ImplementationType!));

    private static EdgeRedirect? Redirect(int? httpsPort, TrustedProxies trusted, OwnHosts own) =>
        httpsPort is { } port ? new EdgeRedirect(new HttpsRedirect(port), trusted, own) : null;
}
