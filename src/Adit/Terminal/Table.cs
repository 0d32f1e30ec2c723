using System.Text;

namespace Adit.Terminal;

/// <summary>Columns of text as wide as their widest cell, two spaces apart; nothing at the end of lines.</summary>
internal sealed class Table(params string[] head)
{
    private readonly List<string[]> _rows = [head];

    /// <summary>Adds a row with a cell for each column.</summary>
    public void Add(params string[] cells) => _rows.Add(cells);

    /// <inheritdoc />
    public override string ToString()
    {
        var widths = Enumerable.Range(0, head.Length).Select(i => _rows.Max(r => r[i].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var row in _rows)
        {
            var line = string.Join("  ", row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd();
            text.Append(line).Append('\n');
        }

        return text.ToString().TrimEnd('\n');
    }
}
