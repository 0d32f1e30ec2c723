using System.Globalization;
using System.Text;

namespace Adit.Bench.Report;

/// <summary>Findings as a table for a terminal and for docs/performance.md alike.</summary>
internal static class MarkdownTable
{
    private static readonly string[] Header = ["", "measured", "value", "reference", "ratio", "target", "met"];

    public static string Render(IReadOnlyList<Finding> findings)
    {
        var rows = new List<string[]> { Header };
        rows.AddRange(findings.Select(Row));
        var widths = Enumerable.Range(0, Header.Length).Select(c => rows.Max(r => r[c].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var (index, row) in rows.Index())
        {
            Write(text, row, widths, ' ');
            if (index == 0)
                Write(text, [.. widths.Select(w => new string('-', w))], widths, '-');
        }

        return text.ToString();
    }

    private static string[] Row(Finding f) =>
    [
        f.Measurement,
        f.What,
        $"{Number(f.Value)} {f.Unit}".TrimEnd(),
        f.Reference is { } reference ? $"{f.ReferenceName} {Number(reference)}" : "",
        f.Ratio is { } ratio ? ratio.ToString("0.00", CultureInfo.InvariantCulture) : "",
        Bound(f),
        f.Pass switch { true => "yes", false => "NO", null => "" },
    ];

    private static string Bound(Finding f) => f.Target switch
    {
        null => "",
        { OfRatio: true } t => $"{Sign(t)} {Number(t.Bound)} x",
        { } t => $"{Sign(t)} {Number(t.Bound)} {f.Unit}".TrimEnd(),
    };

    private static string Sign(Target target) => target.AtLeast ? ">=" : "<=";

    private static string Number(double value) => Math.Abs(value) switch
    {
        >= 100 => value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.#", CultureInfo.InvariantCulture),
        _ => value.ToString("0.##", CultureInfo.InvariantCulture),
    };

    private static void Write(StringBuilder text, string[] cells, int[] widths, char padding)
    {
        foreach (var (index, cell) in cells.Index())
            text.Append(index == 0 ? "| " : " | ").Append(cell.PadRight(widths[index], padding));

        text.AppendLine(" |");
    }
}
