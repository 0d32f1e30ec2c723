using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Edge.Tls;

/// <summary>Registers the hub's certificates.</summary>
internal static class TlsServices
{
    /// <summary>
    /// Adds the selector, what fills it, and ACME's answers. Needs <see cref="HubOptions"/> and a <see cref="TimeProvider"/>.
    /// </summary>
    public static IServiceCollection AddTls(this IServiceCollection services)
    {
        services.AddSingleton<CertificateSelector>();
        services.AddSingleton<AcmeChallengeAnswers>();
        services.AddSingleton<TlsService>();
        services.AddHostedService(provider => provider.GetRequiredService<TlsService>());
        return services;
    }
}
