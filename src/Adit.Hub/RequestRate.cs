using System.Globalization;

namespace Adit.Hub;

/// <summary>So many requests in so much time: <c>100/s</c>.</summary>
/// <param name="Count">How many; 0 for no bound.</param>
/// <param name="Per">A second, a minute or an hour.</param>
public readonly record struct RequestRate(int Count, TimeSpan Per)
{
    private const int Most = 1_000_000;

    private static readonly (string Unit, TimeSpan Per)[] Units =
        [("s", TimeSpan.FromSeconds(1)), ("m", TimeSpan.FromMinutes(1)), ("h", TimeSpan.FromHours(1))];

    /// <summary>Without bound.</summary>
    public static RequestRate None => new(0, TimeSpan.FromSeconds(1));

    /// <summary>Reads <c>100/s</c>, <c>600/m</c>, <c>5000/h</c>, or <c>0</c> for no bound.</summary>
    public static bool TryParse(string text, out RequestRate rate)
    {
        rate = None;
        if (text == "0")
            return true;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !int.TryParse(text.AsSpan(0, slash), NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count is 0 or > Most)
            return false;
        foreach (var (unit, per) in Units)
        {
            if (text.AsSpan(slash + 1).SequenceEqual(unit))
            {
                rate = new RequestRate(count, per);
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc />
    public override string ToString()
    {
        var per = Per;
        return Count == 0 ? "0" : string.Create(CultureInfo.InvariantCulture, $"{Count}/{Units.First(u => u.Per == per).Unit}");
    }
}
