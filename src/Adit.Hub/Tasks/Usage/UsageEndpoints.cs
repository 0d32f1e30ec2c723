using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tasks.Usage;

/// <summary>/api/v1/usage: who used how much for how long, and what it cost.</summary>
internal static class UsageEndpoints
{
    /// <summary>Registers it.</summary>
    public static IServiceCollection AddUsage(this IServiceCollection services) => services.AddSingleton<UsageStore>();
}
