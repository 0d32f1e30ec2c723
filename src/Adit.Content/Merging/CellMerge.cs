using System.Text;
using System.Text.Json.Nodes;

namespace Adit.Content.Merging;

/// <summary>Merges the cells of notebooks. One side's order is taken: ours, unless only theirs was rearranged. What the other added comes after the cell that it followed there.</summary>
internal sealed class CellMerge(JsonMerge values)
{
    private static readonly MergeNames Nobody = new("", "");

    /// <summary>Cells that both sides changed alike, or that one removed and the other changed.</summary>
    public int Conflicts { get; private set; }

    /// <summary>Merges; the cells belong to nobody else.</summary>
    public JsonArray Merge(JsonObject[] before, JsonObject[] ours, JsonObject[] theirs)
    {
        var names = new CellNames(before);
        var (o, t) = (names.Of(ours), names.Of(theirs));
        var isOurs = names.IsInOrder(t) || !names.IsInOrder(o);
        var (first, second) = isOurs ? (o, t) : (t, o);
        var line = new LinkedList<int>(first);
        Insert(line, first, second);
        var (mine, other) = (Keyed(o, ours), Keyed(t, theirs));
        var merged = new JsonArray();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in line)
        {
            if (Merge(name < before.Length ? before[name] : null, mine.GetValueOrDefault(name), other.GetValueOrDefault(name)) is not { } cell)
                continue;
            // Both may have given an id to different cells: the second goes on without, and Jupyter gives it a new one.
            if (CellNames.IdOf(cell) is { } id && !ids.Add(id))
                cell.Remove("id");
            merged.Add(cell);
        }

        return merged;
    }

    // After the cell that it follows there, and after what the first side put there itself.
    private static void Insert(LinkedList<int> line, int[] first, int[] second)
    {
        var places = new Dictionary<int, LinkedListNode<int>>();
        for (var node = line.First; node is not null; node = node.Next)
            places[node.Value] = node;
        var ofSecond = second.ToHashSet();
        LinkedListNode<int>? after = null;
        foreach (var name in second)
        {
            if (places.TryGetValue(name, out var there))
            {
                after = there;
                continue;
            }

            while ((after is null ? line.First : after.Next) is { } next && !ofSecond.Contains(next.Value) && places.ContainsKey(next.Value))
                after = next;
            after = places[name] = after is null ? line.AddFirst(name) : line.AddAfter(after, name);
        }
    }

    private static Dictionary<int, JsonObject> Keyed(int[] names, JsonObject[] cells)
    {
        var keyed = new Dictionary<int, JsonObject>();
        for (var i = 0; i < names.Length; i++)
            keyed[names[i]] = cells[i];
        return keyed;
    }

    private JsonObject? Merge(JsonObject? before, JsonObject? ours, JsonObject? theirs)
    {
        if (ours is null || theirs is null)
        {
            var there = (ours ?? theirs)!;
            if (before is null)
                return there.DeepClone().AsObject();
            // Removed by the other; what was changed meanwhile stays, for somebody who decides.
            if (IsAsBefore(before, there))
                return null;
            Conflicts++;
            return values.Preferred(ours, theirs)?.DeepClone().AsObject();
        }

        var (was, my, their) = (before is null ? null : CellNames.SourceOf(before), CellNames.SourceOf(ours), CellNames.SourceOf(theirs));
        var (source, isMerged) = Source(was, my, their);
        if (!isMerged)
            Conflicts++;
        var merged = values.Merge(Bare(before), Bare(ours), Bare(theirs), JsonPlace.Top)!.AsObject();
        merged["source"] = source == my ? ours["source"]?.DeepClone() : source == their ? theirs["source"]?.DeepClone() : Lines(source);
        if (CellNames.IdOf(ours) is null && CellNames.IdOf(theirs) is { } id)
            merged["id"] = id;
        TakeOutputs(merged, IsPrintedByTheirs(before, ours, theirs, source == my, source == their) ? theirs : ours);
        return merged;
    }

    private static bool IsAsBefore(JsonObject before, JsonObject cell) => CellNames.SourceOf(before) == CellNames.SourceOf(cell)
        && JsonNode.DeepEquals(before["cell_type"], cell["cell_type"]) && JsonNode.DeepEquals(before["attachments"], cell["attachments"]);

    // What it printed goes with the side that ran it; where both did, with the one whose source was taken.
    private bool IsPrintedByTheirs(JsonObject? before, JsonObject ours, JsonObject theirs, bool isSourceOurs, bool isSourceTheirs)
    {
        if (isSourceOurs != isSourceTheirs)
            return isSourceTheirs;
        if (before is not null && JsonNode.DeepEquals(before["outputs"], ours["outputs"]) && JsonNode.DeepEquals(before["execution_count"], ours["execution_count"]))
            return true;
        return (before is null || !JsonNode.DeepEquals(before["outputs"], theirs["outputs"])) && values.IsTheirs;
    }

    // Cells of code have both, others neither.
    private static void TakeOutputs(JsonObject cell, JsonObject from)
    {
        cell.Remove("outputs");
        cell.Remove("execution_count");
        if (CellNames.TextOf(cell["cell_type"]) != "code")
            return;
        cell["execution_count"] = from["execution_count"]?.DeepClone();
        cell["outputs"] = from["outputs"]?.DeepClone() ?? new JsonArray();
    }

    private static JsonObject? Bare(JsonObject? cell)
    {
        if (cell is null)
            return null;
        var bare = new JsonObject();
        foreach (var (name, value) in cell)
        {
            if (name is not ("source" or "outputs" or "execution_count"))
                bare[name] = value?.DeepClone();
        }

        return bare;
    }

    private (string Source, bool IsMerged) Source(string? before, string ours, string theirs)
    {
        if (ours == theirs || before == theirs)
            return (ours, true);
        if (before == ours)
            return (theirs, true);
        var merged = TextMerge.Merge(Bytes(before ?? ""), Bytes(ours), Bytes(theirs), Nobody);
        return merged is { Conflicts: 0 } text && before is not null ? (Encoding.UTF8.GetString(text.Bytes), true) : (values.Preferred(ours, theirs), false);
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    // nbformat's multi-line strings: a list of lines with their ends.
    private static JsonArray Lines(string source)
    {
        var lines = new JsonArray();
        for (var at = 0; at < source.Length;)
        {
            var end = source.IndexOf('\n', at) is >= 0 and var line ? line + 1 : source.Length;
            lines.Add(source[at..end]);
            at = end;
        }

        return lines;
    }
}
