using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Adit.Content.Merging;

/// <summary>
/// Numbers for cells, the same for the same cell in every version of a notebook: its place in the one that all come from, and from there on those that were added. Cells are the
/// same by their ids; where there are none by their sources, and what is left between two of these in order.
/// </summary>
internal sealed class CellNames
{
    private readonly JsonObject[] _before;
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _added = new(StringComparer.Ordinal);

    public CellNames(JsonObject[] before)
    {
        _before = before;
        for (var i = 0; i < before.Length; i++)
        {
            if (IdOf(before[i]) is { } id)
                _ids.TryAdd(id, i);
        }
    }

    /// <summary>A cell's id; null when it has none.</summary>
    public static string? IdOf(JsonObject cell) => cell["id"] is JsonValue value && value.TryGetValue<string>(out var id) ? id : null;

    /// <summary>A cell's source, which is a text or a list of lines.</summary>
    public static string SourceOf(JsonObject cell) => cell["source"] switch
    {
        JsonArray lines => string.Concat(lines.Select(TextOf)),
        var text => TextOf(text),
    };

    /// <summary>A text; nothing when it is something else.</summary>
    public static string TextOf(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";

    /// <summary>Whether the cells that were there before are in the order of before.</summary>
    public bool IsInOrder(int[] names)
    {
        var known = names.Where(n => n < _before.Length).ToArray();
        return known.AsSpan().SequenceEqual(known.Order().ToArray());
    }

    /// <summary>The numbers of a version's cells, each once.</summary>
    public int[] Of(JsonObject[] cells)
    {
        var names = new int[cells.Length];
        Array.Fill(names, -1);
        var taken = new bool[_before.Length];
        for (var i = 0; i < cells.Length; i++)
        {
            if (IdOf(cells[i]) is { } id && _ids.TryGetValue(id, out var was) && !taken[was])
                (names[i], taken[was]) = (was, true);
        }

        Match(cells, names, taken);
        var copies = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < cells.Length; i++)
        {
            if (names[i] >= 0)
                continue;
            var key = IdOf(cells[i]) is { } id ? "id " + id : $"{TextOf(cells[i]["cell_type"])} {SourceOf(cells[i])}";
            ref var copy = ref CollectionsMarshal.GetValueRefOrAddDefault(copies, key, out _);
            ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_added, $"{copy++} {key}", out var isKnown);
            names[i] = isKnown ? number : (number = _before.Length + _added.Count);
        }

        return names;
    }

    // By their sources; and between two that are the same, one after the other where as many of a kind were and are.
    private void Match(JsonObject[] cells, int[] names, bool[] taken)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        int Number(JsonObject cell, int place, bool isTaken)
        {
            ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(numbers, isTaken ? $"{place}" : $" {SourceOf(cell)}", out var isKnown);
            return isKnown ? number : (number = numbers.Count);
        }

        var was = _before.Select((cell, at) => Number(cell, at, taken[at])).ToArray();
        var now = cells.Select((cell, at) => Number(cell, names[at], names[at] >= 0)).ToArray();
        var (i, j) = (0, 0);
        foreach (var change in LineDiff.Compare(was, now).Append(new LineChange(was.Length, was.Length, now.Length, now.Length)))
        {
            for (; i < change.Start; i++, j++)
                Take(i, j);
            for (; i < change.End && j < change.OtherEnd && change.End - change.Start == change.OtherEnd - change.OtherStart; i++, j++)
            {
                // An id says that it is another cell.
                if (TextOf(_before[i]["cell_type"]) == TextOf(cells[j]["cell_type"]) && (IdOf(_before[i]) is null || IdOf(cells[j]) is null))
                    Take(i, j);
            }

            (i, j) = (change.End, change.OtherEnd);
        }

        void Take(int place, int cell)
        {
            if (names[cell] < 0 && !taken[place])
                (names[cell], taken[place]) = (place, true);
        }
    }
}
