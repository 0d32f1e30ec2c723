namespace Adit.Bench.Report;

/// <summary>
/// Values of several subjects taken in turns. A shared machine drifts from second to second; what is compared is measured side by side in
/// each round, and the median over the rounds stands for the whole.
/// </summary>
internal sealed class Rounds
{
    private readonly Dictionary<string, List<double>> _values = [];

    /// <summary>Adds what a subject showed in the current round.</summary>
    public void Add(string subject, double value)
    {
        if (!_values.TryGetValue(subject, out var list))
            _values[subject] = list = [];

        list.Add(value);
    }

    /// <summary>The median over the rounds.</summary>
    public double Median(string subject) => Middle(_values[subject]);

    /// <summary>The median of the rounds' ratios of two subjects.</summary>
    public double Ratio(string subject, string reference) => Middle([.. _values[subject].Zip(_values[reference], (v, r) => v / r)]);

    /// <summary>The median of the rounds' differences of two subjects.</summary>
    public double Difference(string subject, string reference) => Middle([.. _values[subject].Zip(_values[reference], (v, r) => v - r)]);

    private static double Middle(List<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
