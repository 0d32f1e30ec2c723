using System.Diagnostics;
using System.Text.Json;
using Adit.Hub.Templates;
using Adit.Hub.Templates.Documents;
using Adit.Testing;

namespace Adit.Hub.Tests.Templates;

/// <summary>The published schema, and that this program judges by it as everybody else does.</summary>
public sealed class TemplateSchemaTests
{
    // Debian's python3-jsonschema: an independent implementation of draft 2020-12. One line in, a document as JSON; one line out, whether it fits.
    private const string Peer =
        """
        import json, sys
        from jsonschema import Draft202012Validator
        schema = json.load(open(sys.argv[1]))
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema)
        for line in sys.stdin:
            print("yes" if validator.is_valid(json.loads(line)) else "no", flush=True)
        """;

    [Fact]
    public void The_published_schema_is_the_one_that_is_used() =>
        Assert.Equal(File.ReadAllText(Repository.Find("docs/reference/template.schema.json")), TemplateSchema.Current.Text);

    [Fact]
    public void A_keyword_that_is_not_understood_is_no_silent_hole() =>
        Assert.Throws<InvalidOperationException>(static () => new TemplateSchema("""{"$defs": {}, "type": "object", "oneOf": []}"""));

    [Fact]
    public void Every_key_of_the_schema_is_in_the_document_that_has_every_key()
    {
        // So that the test which reads that document reads all there is.
        using var schema = JsonDocument.Parse(TemplateSchema.Current.Text);
        var keys = schema.RootElement.GetProperty("$defs").EnumerateObject().SelectMany(static d => Keys(d.Value)).ToHashSet();
        var used = new HashSet<string>();
        Collect(TemplateYaml.Read(Documents.Full, new TemplateProblems())!, used);
        Assert.Empty(keys.Except(used));
    }

    [Fact(Timeout = 120_000)]
    public async Task An_independent_implementation_judges_alike()
    {
        const string python = "/usr/bin/python3";
        if (!File.Exists(python) || !await HasPeerAsync(python))
            Assert.Skip("Debian's python3-jsonschema is not installed here.");
        var documents = ShippedTemplates.All.Values.Select(static v => v.Yaml).Append(Documents.Full)
            .Concat(TemplateDocumentTests.Mistakes.Select(static row => Documents.Head + row.Data.Item1)).ToList();
        using var peer = Process.Start(new ProcessStartInfo(python, ["-c", Peer, Repository.Find("docs/reference/template.schema.json")])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true,
        })!;
        var (fits, differs, compared) = (0, new List<string>(), 0);
        foreach (var yaml in documents)
        {
            // Only what can be read has a judgement.
            var problems = new TemplateProblems();
            if (TemplateYaml.Read(yaml, problems) is not { } root || problems.HasErrors)
                continue;
            TemplateSchema.Current.Check(root, problems);
            await peer.StandardInput.WriteLineAsync(Json(root));
            await peer.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
            var isFine = await peer.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) == "yes";
            compared++;
            fits += isFine ? 1 : 0;
            if (isFine == problems.HasErrors)
                differs.Add($"{(isFine ? "fits" : "does not fit")} there, and here: {string.Join("; ", problems.ToList())}\n{yaml}");
        }

        peer.StandardInput.Close();
        await peer.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Empty(differs);
        Assert.True(compared > 50 && fits > 20 && fits < compared, $"{compared} compared, {fits} fit");
    }

    private static async Task<bool> HasPeerAsync(string python)
    {
        using var probe = Process.Start(new ProcessStartInfo(python, ["-c", "from jsonschema import Draft202012Validator"]) { RedirectStandardError = true })!;
        await probe.WaitForExitAsync(TestContext.Current.CancellationToken);
        return probe.ExitCode == 0;
    }

    private static IEnumerable<string> Keys(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object)
            yield break;
        foreach (var property in schema.EnumerateObject())
        {
            if (property.Name == "properties")
            {
                foreach (var key in property.Value.EnumerateObject())
                {
                    yield return key.Name;
                    foreach (var below in Keys(key.Value))
                        yield return below;
                }
            }
            else if (property.Name is "items" or "additionalProperties")
            {
                foreach (var below in Keys(property.Value))
                    yield return below;
            }
        }
    }

    private static void Collect(TemplateNode node, HashSet<string> keys)
    {
        foreach (var entry in (node as MapNode)?.Entries ?? [])
        {
            keys.Add(entry.Key);
            Collect(entry.Value, keys);
        }

        foreach (var item in (node as ListNode)?.Items ?? [])
            Collect(item, keys);
    }

    private static string Json(TemplateNode node) => node switch
    {
        MapNode map => "{" + string.Join(",", map.Entries.Select(static e => JsonSerializer.Serialize(e.Key) + ":" + Json(e.Value))) + "}",
        ListNode list => "[" + string.Join(",", list.Items.Select(Json)) + "]",
        TextNode { Type: "null" } => "null",
        TextNode { Type: "boolean" } text => text.IsTrue ? "true" : "false",
        TextNode { Type: "integer" or "number" } text => text.Number.ToString("R", System.Globalization.CultureInfo.InvariantCulture),
        _ => JsonSerializer.Serialize(((TextNode)node).Text),
    };
}
