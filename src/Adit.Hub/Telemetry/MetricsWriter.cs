using System.Globalization;
using System.Text;

namespace Adit.Hub.Telemetry;

/// <summary>
/// Writes the Prometheus text format, version 0.0.4: families one after the other, each with its help, its type and all of its samples
/// together, as the format demands.
/// </summary>
internal sealed class MetricsWriter
{
    /// <summary>The media type of <see cref="ToString"/>.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new();
    private string _family = "";

    /// <summary>Begins a family of values that only grow.</summary>
    public MetricsWriter Counter(string name, string help) => Begin(name, "counter", help);

    /// <summary>Begins a family of values that go up and down.</summary>
    public MetricsWriter Gauge(string name, string help) => Begin(name, "gauge", help);

    /// <summary>Begins a family of histograms.</summary>
    public MetricsWriter Histogram(string name, string help) => Begin(name, "histogram", help);

    /// <summary>A sample of the current family.</summary>
    public MetricsWriter Value(double value, params ReadOnlySpan<(string Label, string Value)> labels) => Sample("", value, labels);

    /// <summary>The samples of one histogram of the current family.</summary>
    /// <param name="bounds">Upper bounds, ascending.</param>
    /// <param name="counts">How many fell into each bucket; one more than bounds.</param>
    /// <param name="sum">The sum of all values.</param>
    /// <param name="labels">Tell this histogram from others of the family.</param>
    public void Buckets(ReadOnlySpan<double> bounds, ReadOnlySpan<long> counts, double sum, params ReadOnlySpan<(string Label, string Value)> labels)
    {
        long total = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            total += counts[i];
            Sample("_bucket", total, [.. labels, ("le", i < bounds.Length ? Number(bounds[i]) : "+Inf")]);
        }

        Sample("_sum", sum, labels);
        Sample("_count", total, labels);
    }

    /// <summary>All that was written.</summary>
    public override string ToString() => _text.ToString();

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private MetricsWriter Begin(string name, string type, string help)
    {
        _family = name;
        _text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
        return this;
    }

    private MetricsWriter Sample(string suffix, double value, ReadOnlySpan<(string Label, string Value)> labels)
    {
        _text.Append(_family).Append(suffix);
        for (var i = 0; i < labels.Length; i++)
        {
            _text.Append(i == 0 ? '{' : ',').Append(labels[i].Label).Append("=\"");
            Escape(labels[i].Value);
            _text.Append('"');
        }

        _text.Append(labels.Length > 0 ? "} " : " ").Append(Number(value)).Append('\n');
        return this;
    }

    private void Escape(string value)
    {
        foreach (var c in value)
        {
            _ = c switch
            {
                '\\' => _text.Append(@"\\"),
                '"' => _text.Append("\\\""),
                '\n' => _text.Append("\\n"),
                _ => _text.Append(c),
            };
        }
    }
}
