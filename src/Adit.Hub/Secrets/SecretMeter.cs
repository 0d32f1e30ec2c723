using Adit.Hub.Telemetry;

namespace Adit.Hub.Secrets;

/// <summary>How many secrets there are: of the hub, and of projects.</summary>
internal delegate (int OfHub, int OfProjects) SecretCensus();

/// <summary>What /metrics says of secrets: how many there are, and how many values runners were told.</summary>
internal sealed class SecretMeter(SecretCensus census)
{
    private long _given;

    /// <summary>So many values went to a runner.</summary>
    public void Given(int count) => Interlocked.Add(ref _given, count);

    public void Write(MetricsWriter writer)
    {
        var (ofHub, ofProjects) = census();
        writer.Gauge("adit_secrets", "Secrets that are set, by whose they are.")
            .Value(ofHub, ("of", "hub"))
            .Value(ofProjects, ("of", "project"));
        writer.Counter("adit_secret_values_total", "Values of secrets that runners were told for starts of tasks; one that is told again counts again.").Value(Interlocked.Read(ref _given));
    }
}
