using System.Globalization;
using Adit.Api;

namespace Adit.Hub.Tasks.Usage;

/// <summary>What adds up to a line. Money is decimal, counted from whole milliseconds, and rounded once, in the line.</summary>
internal sealed class UsageSum
{
    private const decimal MillisecondsPerHour = 3_600_000;
    private const int Places = 6;

    private readonly SortedDictionary<string, decimal> _costs = new(StringComparer.Ordinal);
    private int _attempts;
    private double _hours;
    private double _cpu;
    private double _memory;
    private double _gpu;

    /// <summary>Adds attempts that have one price.</summary>
    public void Add(UsageGroup group)
    {
        _attempts += group.Attempts;
        _hours += group.Milliseconds / (double)MillisecondsPerHour;
        _cpu += group.Cpu / (double)MillisecondsPerHour;
        _memory += group.Memory / (double)MillisecondsPerHour;
        _gpu += group.Gpu / (double)MillisecondsPerHour;
        if (group.Price is { } price)
            _costs[group.Currency ?? ""] = _costs.GetValueOrDefault(group.Currency ?? "") + Cost(price, group.Milliseconds);
    }

    /// <summary>The line.</summary>
    public UsageLine ToLine(string? key) => new()
    {
        Key = key,
        Attempts = _attempts,
        Hours = Math.Round(_hours, Places),
        CpuHours = Math.Round(_cpu, Places),
        MemoryGiBHours = Math.Round(_memory, Places),
        GpuHours = Math.Round(_gpu, Places),
        Costs = [.. _costs.Select(static c => new UsageCost(Rounded(c.Value), c.Key.Length > 0 ? c.Key : null))],
    };

    /// <summary>What milliseconds of a price cost, unrounded.</summary>
    /// <param name="price">An hour's price, as decimal text.</param>
    /// <param name="milliseconds">How long.</param>
    public static decimal Cost(string price, long milliseconds) => decimal.Parse(price, CultureInfo.InvariantCulture) * milliseconds / MillisecondsPerHour;

    /// <summary>As it is shown.</summary>
    public static decimal Rounded(decimal cost) => Plain(Math.Round(cost, Places, MidpointRounding.AwayFromZero));

    /// <summary>Without zeros at its end.</summary>
    public static decimal Plain(decimal number) => number / 1.0000000000000000000000000000m;
}

/// <summary>Attempts of one key that have one price, added up by the database.</summary>
internal sealed class UsageGroup
{
    public string? Key { get; set; }

    /// <summary>An hour's price, as decimal text; null for none.</summary>
    public string? Price { get; set; }

    public string? Currency { get; set; }

    public int Attempts { get; set; }

    public long Milliseconds { get; set; }

    /// <summary>Cores times milliseconds.</summary>
    public double Cpu { get; set; }

    /// <summary>GiB times milliseconds.</summary>
    public double Memory { get; set; }

    /// <summary>GPUs times milliseconds.</summary>
    public double Gpu { get; set; }
}
