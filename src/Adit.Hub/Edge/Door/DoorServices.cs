using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Edge.Door;

/// <summary>Registers the door.</summary>
internal static class DoorServices
{
    /// <summary>
    /// Puts the door in front of Kestrel for every <see cref="DoorEndPoint"/>. Needs <see cref="DoorHandlers"/>, <see cref="RouteTable"/>,
    /// <see cref="HubOptions"/>, a <see cref="TimeProvider"/> and <c>AddTls</c>.
    /// </summary>
    public static IServiceCollection AddDoor(this IServiceCollection services)
    {
        services.AddSingleton<DoorMeter>();
        services.AddSingleton(provider => DoorOptions.From(provider.GetRequiredService<HubOptions>()));
        services.AddSingleton<IConnectionListenerFactory, DoorListenerFactory>();
        return services;
    }
}
