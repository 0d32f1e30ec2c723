using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Adit.EndToEnd.Tls;

/// <summary>
/// What a Kubernetes API server is to a tunnel: TLS with its own certificate, clients known by theirs. <c>/whoami</c> says who asks.
/// <c>/watch</c> answers line by line: after each line it waits for a POST to <c>/next</c>.
/// </summary>
internal sealed class ClusterApi : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ClusterApi(WebApplication app) => _app = app;

    /// <summary>The loopback port it listens on.</summary>
    public int Port => new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    /// <summary>Starts it.</summary>
    public static async Task<ClusterApi> StartAsync(X509Certificate2 certificate, X509ChainPolicy clientTrust)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listener => listener.UseHttps(https =>
        {
            https.ServerCertificate = certificate;
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.ClientCertificateValidation = (client, _, _) =>
            {
                using var chain = new X509Chain { ChainPolicy = clientTrust };
                return chain.Build(client);
            };
        })));
        var app = builder.Build();
        var next = new SemaphoreSlim(0);
        app.MapGet("/whoami", (HttpContext context) => context.Connection.ClientCertificate!.GetNameInfo(X509NameType.SimpleName, forIssuer: false));
        app.MapPost("/next", () => next.Release());
        app.MapGet("/watch", async (HttpContext context) =>
        {
            for (var line = 0; line < 3; line++)
            {
                await context.Response.WriteAsync($"event {line}\n", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await next.WaitAsync(context.RequestAborted);
            }
        });
        await app.StartAsync();
        return new ClusterApi(app);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
