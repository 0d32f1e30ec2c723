using System.Reflection;
using Adit.Hub.Edge;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Adit.Hub.Telemetry;

/// <summary>
/// Sends the spans of the edge to an OTLP collector while the hub runs. Without it nobody listens to the edge's source, and a request costs
/// nothing for it. How many traces are kept is up to the standard variables: <c>OTEL_TRACES_SAMPLER</c> and its kin.
/// </summary>
internal sealed class TraceExport(HubOptions options) : IHostedService, IDisposable
{
    private TracerProvider? _provider;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var version = typeof(TraceExport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        _provider = Sdk.CreateTracerProviderBuilder()
            .ConfigureResource(resource => resource.AddService("adit-hub", serviceVersion: version))
            .AddSource(EdgeTraces.SourceName)
            .AddOtlpExporter(exporter =>
            {
                exporter.Endpoint = new Uri(options.OtlpEndpoint!);
                exporter.Protocol = OtlpExportProtocol.Grpc;
                exporter.Headers = options.OtlpHeaders ?? exporter.Headers;
            })
            .Build();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Sends what is waiting, for five seconds at most.</summary>
    public void Dispose()
    {
        _provider?.Shutdown(5000);
        _provider?.Dispose();
    }
}
