using System.Text;
using System.Text.Json.Nodes;

namespace Adit.Content.Merging;

/// <summary>Notebooks are merged by their cells, and what comes of it is one, whatever went in.</summary>
public sealed class NotebookMergeTests
{
    [Fact]
    public void Cells_that_each_changed_and_added_are_all_there_and_outputs_are_no_conflict()
    {
        var before = Notebook(("a", "x = 1", "1"), ("b", "y = 2", "2"), ("c", "z = 3", "3"));
        var ours = Notebook(("a", "x = 10", "10"), ("b", "y = 2", "2 again"), ("n", "mine", null), ("c", "z = 3", "3"));
        var theirs = Notebook(("a", "x = 1", "1"), ("b", "y = 2", "2 theirs"), ("m", "theirs", null), ("c", "z = 30", "30"));
        var (merged, conflicts) = Merge(before, ours, theirs);
        Assert.Equal(0, conflicts);
        Assert.Equal(["a x = 10 10", "b y = 2 2 again", "n mine -", "m theirs -", "c z = 30 30"], Cells(merged));
    }

    [Fact]
    public void Cells_without_ids_are_known_by_what_is_in_them()
    {
        var before = Notebook((null, "import x", null), (null, "load()", null), (null, "plot()", null));
        var ours = Notebook((null, "import x", null), (null, "load(1)", null), (null, "plot()", null), (null, "mine", null));
        var theirs = Notebook((null, "first", null), (null, "import x", null), (null, "load()", null), (null, "plot(2)", null));
        var (merged, conflicts) = Merge(before, ours, theirs);
        Assert.Equal((0, "first|import x|load(1)|plot(2)|mine"), (conflicts, string.Join('|', Sources(merged))));
    }

    [Fact]
    public void Ids_that_one_side_gave_to_all_cells_are_no_new_cells()
    {
        var before = Notebook((null, "import x", null), (null, "load()", null));
        var ours = Notebook(("p", "import x", null), ("q", "load(1)", null));
        var theirs = Notebook((null, "import xyz", null), (null, "load()", null));
        var (merged, conflicts) = Merge(before, ours, theirs);
        Assert.Equal((0, "p import xyz -|q load(1) -"), (conflicts, string.Join('|', Cells(merged))));
    }

    [Fact]
    public void A_cell_that_both_changed_is_a_conflict_and_each_side_is_a_notebook()
    {
        var before = Notebook(("a", "x = 1\ny = 2\n", null), ("b", "z", null));
        var ours = Notebook(("a", "x = 10\ny = 2\n", null), ("b", "z", null));
        var theirs = Notebook(("a", "x = 11\ny = 2\n", null), ("b", "zz", null));
        var merged = NotebookMerge.Merge(before, ours, theirs)!.Value;
        Assert.Equal(1, merged.Conflicts);
        Assert.Equal(["x = 10\ny = 2\n", "zz"], Sources(merged.Ours));
        Assert.Equal(["x = 11\ny = 2\n", "zz"], Sources(merged.Theirs));
    }

    [Fact]
    public void Lines_of_one_cell_that_each_changed_are_merged()
    {
        var (merged, conflicts) = Merge(Notebook(("a", "1\n2\n3\n4\n", null)), Notebook(("a", "one\n2\n3\n4\n", null)), Notebook(("a", "1\n2\n3\nfour\n", null)));
        Assert.Equal((0, "one\n2\n3\nfour\n"), (conflicts, Sources(merged).Single()));
    }

    [Fact]
    public void A_cell_that_one_removed_is_gone_and_is_a_conflict_if_the_other_changed_it()
    {
        var before = Notebook(("a", "1", null), ("b", "2", null), ("c", "3", null));
        var (merged, conflicts) = Merge(before, Notebook(("a", "1", null), ("c", "3", null)), Notebook(("a", "1!", null), ("b", "2", "ran"), ("c", "3", null)));
        Assert.Equal((0, "1!|3"), (conflicts, string.Join('|', Sources(merged))));
        var other = NotebookMerge.Merge(before, Notebook(("a", "1", null), ("c", "3", null)), Notebook(("a", "1", null), ("b", "2!", null), ("c", "3", null)))!.Value;
        Assert.Equal((1, "1|3", "1|2!|3"), (other.Conflicts, string.Join('|', Sources(other.Ours)), string.Join('|', Sources(other.Theirs))));
    }

    [Fact]
    public void A_rearranged_notebook_takes_what_the_other_changed_and_no_cell_is_there_twice()
    {
        var before = Notebook(("a", "1", null), ("b", "2", null), ("c", "3", null));
        var moved = Notebook(("c", "3", null), ("a", "1", null), ("b", "2", null));
        var changed = Notebook(("a", "1", null), ("b", "2!", null), ("n", "new", null), ("c", "3", null));
        Assert.Equal(["3", "1", "2!", "new"], Sources(Merge(before, moved, changed).Notebook));
        Assert.Equal(["3", "1", "2!", "new"], Sources(Merge(before, changed, moved).Notebook));
        var both = Merge(before, moved, Notebook(("b", "2", null), ("c", "3", null), ("a", "1", null)));
        Assert.Equal((0, 3), (both.Conflicts, Sources(both.Notebook).Distinct().Count()));
    }

    [Fact]
    public void The_same_id_given_to_two_new_cells_is_there_once()
    {
        var before = Notebook(("a", "1", null));
        var (merged, _) = Merge(before, Notebook(("a", "1", null), ("a", "2", null)), before);
        Assert.Equal(2, Sources(merged).Length);
        Assert.Single(Cells(merged), static c => c.StartsWith("a ", StringComparison.Ordinal));
    }

    [Fact]
    public void What_both_said_of_a_cell_or_the_notebook_is_a_conflict_but_not_how_it_is_shown()
    {
        static byte[] Of(string cell, string metadata) =>
            Encoding.UTF8.GetBytes($$"""{"cells":[{"id":"a","source":"1",{{cell}}}],"metadata":{{{metadata}}},"nbformat":4,"nbformat_minor":5}""");
        const string Plain = "\"cell_type\":\"markdown\",\"metadata\":{}";
        foreach (var (cell, metadata, conflicts) in new[]
        {
            ("\"cell_type\":\"markdown\",\"attachments\":{\"i.png\":{\"image/png\":\"#\"}}", "", 1), ("\"cell_type\":\"#\"", "", 1), (Plain, "\"title\":\"#\"", 1),
            ("\"cell_type\":\"markdown\",\"attachments\":{\"scrolled\":{\"image/png\":\"#\"}}", "", 1), ("\"cell_type\":\"markdown\",\"metadata\":{\"tags\":[\"#\"]}", "", 1),
            ("\"cell_type\":\"markdown\",\"metadata\":{\"scrolled\":\"#\",\"execution\":{\"iopub.execute_input\":\"#\"}}", "", 0),
            (Plain, "\"kernelspec\":{\"name\":\"#\",\"language\":\"python\"},\"language_info\":{\"name\":\"python\",\"version\":\"#\"}", 0),
            (Plain, "\"language_info\":{\"name\":\"#\"}", 1),
        })
        {
            byte[] Side(string value) => Of(cell.Replace("#", value, StringComparison.Ordinal), metadata.Replace("#", value, StringComparison.Ordinal));
            var merged = NotebookMerge.Merge(Of(Plain, ""), Side("mine"), Side("yours"))!.Value;
            Assert.Equal((conflicts, true), (merged.Conflicts, Encoding.UTF8.GetString(merged.Ours).Contains("mine", StringComparison.Ordinal)));
            Assert.True(conflicts == 0 || Encoding.UTF8.GetString(merged.Theirs).Contains("yours", StringComparison.Ordinal));
        }

        // One removed the cell, the other gave it a picture.
        Assert.Equal(1, NotebookMerge.Merge(Of(Plain, ""), Notebook(), Of(Plain + ",\"attachments\":{\"i.png\":{}}", ""))!.Value.Conflicts);
    }

    [Fact]
    public void What_is_no_notebook_is_not_merged_as_one()
    {
        var notebook = Notebook(("a", "1", null));
        foreach (var other in new[]
        {
            "", "{", "[]", "{}", "null", """{"cells":{},"nbformat":4}""", """{"cells":[1],"nbformat":4}""", """{"cells":[],"nbformat":3}""", """{"cells":[],"cells":[],"nbformat":4}""",
            """{"cells":[],"nbformat":"4"}""", $$"""{"cells":[],"nbformat":4,"metadata":{{new string('[', 200_000)}}""", """{"nbformat":4,"cells":[{"cell_type":"code","source":"\ud800"}]}""",
            """{"\ud800":1,"cells":[],"nbformat":4}""", """{"cells":[{"\ud800":1}],"nbformat":4}""", """{"cells":[],"nbformat":4,"metadata":{"\udc00":{"a":1}}}""",
            """{"cells":[{"source":"a","source":"b"}],"nbformat":4}""", """{"cells":[],"nbformat":4,"metadata":{"\u0061":1,"a":2}}""",
        })
        {
            var bytes = Encoding.UTF8.GetBytes(other);
            Assert.Null(Record.Exception(() => NotebookMerge.Reads(bytes)));
            Assert.Null(NotebookMerge.Merge(bytes, notebook, Notebook(("a", "2", null))));
            Assert.Null(NotebookMerge.Merge(notebook, bytes, Notebook(("a", "2", null))));
        }

        // Strange, and a notebook all the same.
        Assert.NotNull(NotebookMerge.Merge("""{"nbformat":4,"cells":[{"id":7,"source":{"a":1},"outputs":"x"}]}"""u8.ToArray(), notebook, Notebook()));
    }

    private static (byte[] Notebook, int Conflicts) Merge(byte[] before, byte[] ours, byte[] theirs)
    {
        var merged = NotebookMerge.Merge(before, ours, theirs)!.Value;
        return (merged.Ours, merged.Conflicts);
    }

    private static byte[] Notebook(params (string? Id, string Source, string? Output)[] cells)
    {
        var notebook = new JsonObject { ["cells"] = new JsonArray(), ["metadata"] = new JsonObject(), ["nbformat"] = 4, ["nbformat_minor"] = 5 };
        foreach (var (id, source, output) in cells)
        {
            var cell = new JsonObject { ["cell_type"] = "code", ["execution_count"] = null, ["metadata"] = new JsonObject(), ["outputs"] = new JsonArray(), ["source"] = source };
            if (id is not null)
                cell["id"] = id;
            if (output is not null)
                cell["outputs"]!.AsArray().Add(new JsonObject { ["output_type"] = "stream", ["name"] = "stdout", ["text"] = output });
            notebook["cells"]!.AsArray().Add(cell);
        }

        return Encoding.UTF8.GetBytes(notebook.ToJsonString());
    }

    private static string[] Sources(byte[] notebook) => [.. NotebookMerge.Read(notebook)!["cells"]!.AsArray().Select(static c => CellNames.SourceOf(c!.AsObject()))];

    private static string[] Cells(byte[] notebook) =>
        [.. NotebookMerge.Read(notebook)!["cells"]!.AsArray().Select(static c => $"{c!["id"]} {CellNames.SourceOf(c.AsObject())} {(c["outputs"] is JsonArray { Count: > 0 } o ? o[0]!["text"] : "-")}")];
}
