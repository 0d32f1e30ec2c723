using System.Text.Json;
using System.Text.Json.Nodes;

namespace Adit.Content.Merging;

/// <summary>What a merge of three notebooks came to; each of both is a notebook.</summary>
/// <param name="Ours">The notebook; where both sides changed the same cell, ours.</param>
/// <param name="Theirs">The same with theirs.</param>
/// <param name="Conflicts">Cells, and what else is said of them or of the notebook, that both changed.</param>
internal readonly record struct MergedNotebook(byte[] Ours, byte[] Theirs, int Conflicts);

/// <summary>
/// Merges Jupyter notebooks (nbformat 4) by their cells. Cells are the same by their id, else by their source. Cells that both sides added stay, all of them. What a cell
/// printed is no reason for a conflict: it goes with the source that was taken. Nor is how Jupyter shows a cell, and what ran it and when.
/// </summary>
internal static class NotebookMerge
{
    /// <summary>Larger notebooks are not merged by content.</summary>
    public const int MostBytes = 16 << 20;

    private const int MostCells = 20_000;
    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = 128, AllowDuplicateProperties = false };

    /// <summary>Whether a file is one by its name.</summary>
    public static bool IsNotebook(byte[] name) => name.AsSpan().EndsWith(".ipynb"u8);

    /// <summary>Whether these bytes are a notebook.</summary>
    public static bool Reads(byte[] bytes) => Read(bytes) is not null;

    /// <summary>Merges; null when one is no notebook that can be read.</summary>
    public static MergedNotebook? Merge(byte[] before, byte[] ours, byte[] theirs)
    {
        try
        {
            if (Once(before, ours, theirs, isTheirs: false) is not { } mine)
                return null;
            var other = mine.Conflicts == 0 ? mine : Once(before, ours, theirs, isTheirs: true)!.Value;
            return new MergedNotebook(mine.Bytes, other.Bytes, mine.Conflicts);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // A string that is no Unicode, or a value where an object should be: it is merged as a text, or not at all.
            return null;
        }
    }

    /// <summary>The cells of a notebook; null when it is none.</summary>
    internal static JsonObject? Read(byte[] bytes)
    {
        try
        {
            return bytes.Length <= MostBytes && JsonNode.Parse(bytes, documentOptions: Reading) is JsonObject notebook
                && notebook["cells"] is JsonArray { Count: <= MostCells } cells && cells.All(static c => c is JsonObject) && IsVersion4(notebook["nbformat"])
                ? notebook
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            // No JSON, or names in it that are no Unicode.
            return null;
        }
    }

    private static (byte[] Bytes, int Conflicts)? Once(byte[] before, byte[] ours, byte[] theirs, bool isTheirs)
    {
        if (Read(before) is not { } b || Read(ours) is not { } o || Read(theirs) is not { } t)
            return null;
        var values = new JsonMerge(isTheirs);
        var cells = new CellMerge(values);
        var merged = values.Merge(Without(b), Without(o), Without(t), JsonPlace.Top)!.AsObject();
        // A cell's id belongs to 4.5 and later, so the later of both is said.
        if (Minor(o) is { } my && Minor(t) is { } their)
            merged["nbformat_minor"] = Math.Max(my, their);
        merged["cells"] = cells.Merge(Cells(b), Cells(o), Cells(t));
        return (Write(merged, IndentOf(isTheirs ? theirs : ours)), cells.Conflicts + values.Conflicts);
    }

    private static bool IsVersion4(JsonNode? version) => version is JsonValue value && value.TryGetValue<int>(out var number) && number == 4;

    private static int? Minor(JsonObject notebook) => notebook["nbformat_minor"] is JsonValue value && value.TryGetValue<int>(out var minor) ? minor : null;

    private static JsonObject[] Cells(JsonObject notebook) => [.. notebook["cells"]!.AsArray().Select(static c => c!.AsObject())];

    private static JsonObject Without(JsonObject notebook)
    {
        var rest = notebook.DeepClone().AsObject();
        rest["cells"] = new JsonArray();
        return rest;
    }

    // As Jupyter writes it: indented, characters as they are, a line's end at the end.
    private static byte[] Write(JsonObject notebook, int indent)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions
        {
            Indented = indent > 0, IndentSize = indent, NewLine = "\n", MaxDepth = 256, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        }))
            notebook.WriteTo(writer);
        bytes.WriteByte((byte)'\n');
        return bytes.ToArray();
    }

    private static int IndentOf(byte[] notebook)
    {
        var text = notebook.AsSpan();
        var line = text.IndexOf((byte)'\n');
        if (line < 0)
            return 0;
        text = text[(line + 1)..];
        var spaces = text.IndexOfAnyExcept((byte)' ');
        return spaces is > 0 and <= 8 ? spaces : 1;
    }
}

/// <summary>Where a value is in a notebook, or in a cell.</summary>
internal enum JsonPlace
{
    Elsewhere,
    Top,
    Metadata,
    Kernel,
    Language,

    /// <summary>What programs write there as they run, and nobody has to decide about.</summary>
    Harmless,
}

/// <summary>Merges JSON values: objects member by member; of what both changed the value of one side is taken, and it counts as a conflict unless it is harmless.</summary>
internal sealed class JsonMerge(bool isTheirs)
{
    private static readonly HashSet<string> HarmlessMetadata = new(StringComparer.Ordinal)
    {
        "collapsed", "scrolled", "jupyter", "trusted", "execution", "ExecuteTime", "executionInfo", "outputId", "papermill", "widgets",
    };

    /// <summary>Values that both sides changed.</summary>
    public int Conflicts { get; private set; }

    /// <summary>Whether their side is taken where both changed the same.</summary>
    public bool IsTheirs => isTheirs;

    /// <summary>The value of the side that is taken where both changed the same.</summary>
    public T Preferred<T>(T ours, T theirs) => isTheirs ? theirs : ours;

    /// <summary>Merges; the result belongs to nobody else.</summary>
    public JsonNode? Merge(JsonNode? before, JsonNode? ours, JsonNode? theirs, JsonPlace place)
    {
        if (JsonNode.DeepEquals(ours, theirs) || JsonNode.DeepEquals(before, theirs))
            return ours?.DeepClone();
        if (JsonNode.DeepEquals(before, ours))
            return theirs?.DeepClone();
        if (ours is not JsonObject o || theirs is not JsonObject t)
        {
            Conflicts += place == JsonPlace.Harmless ? 0 : 1;
            return Preferred(ours, theirs)?.DeepClone();
        }

        var b = before as JsonObject ?? [];
        var merged = new JsonObject();
        foreach (var name in o.Select(static p => p.Key).Union(t.Select(static p => p.Key), StringComparer.Ordinal))
        {
            var isGone = (o.ContainsKey(name), t.ContainsKey(name)) switch
            {
                (false, true) => b.ContainsKey(name) && JsonNode.DeepEquals(b[name], t[name]),
                (true, false) => b.ContainsKey(name) && JsonNode.DeepEquals(b[name], o[name]),
                _ => false,
            };
            if (!isGone)
                merged[name] = !o.ContainsKey(name) ? t[name]?.DeepClone() : !t.ContainsKey(name) ? o[name]?.DeepClone() : Merge(b[name], o[name], t[name], Below(place, name));
        }

        return merged;
    }

    // Ids are given anew by whoever makes a notebook one of 4.5, and the later version of both is said.
    private static JsonPlace Below(JsonPlace place, string name) => (place, name) switch
    {
        (JsonPlace.Harmless, _) or (JsonPlace.Top, "id" or "nbformat_minor") => JsonPlace.Harmless,
        (JsonPlace.Top, "metadata") => JsonPlace.Metadata,
        (JsonPlace.Metadata, "kernelspec") => JsonPlace.Kernel,
        (JsonPlace.Metadata, "language_info") => JsonPlace.Language,
        (JsonPlace.Metadata, _) when HarmlessMetadata.Contains(name) => JsonPlace.Harmless,
        (JsonPlace.Kernel, not "language") or (JsonPlace.Language, not "name") => JsonPlace.Harmless,
        _ => JsonPlace.Elsewhere,
    };
}
