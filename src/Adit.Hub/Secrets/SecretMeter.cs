using Adit.Hub.Telemetry;

namespace Adit.Hub.Secrets;

/// <summary>What /metrics says of secrets: how many there are, and how many values runners were told.</summary>
internal sealed class SecretMeter(SecretBook book)
{
    private long _given;

    /// <summary>So many values went to a runner.</summary>
    public void Given(int count) => Interlocked.Add(ref _given, count);

    public void Write(MetricsWriter writer)
    {
        var all = book.All;
        writer.Gauge("adit_secrets", "Secrets that are set, by whose they are.")
            .Value(all.Count(static s => s.Key.Project is null), ("of", "hub"))
            .Value(all.Count(static s => s.Key.Project is not null), ("of", "project"));
        writer.Counter("adit_secret_values_total", "Values of secrets that runners were told for starts of tasks; one that is told again counts again.").Value(Interlocked.Read(ref _given));
    }
}
