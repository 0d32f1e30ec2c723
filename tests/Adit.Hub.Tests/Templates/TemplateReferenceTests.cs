using System.Text.Json;
using Adit.Hub.Templates;
using Adit.Hub.Templates.Documents;
using Adit.Testing;

namespace Adit.Hub.Tests.Templates;

/// <summary>docs/reference/template.md and docs/guide/templates.md say what is so.</summary>
public sealed class TemplateReferenceTests
{
    [Fact]
    public void The_reference_names_every_key_of_the_schema()
    {
        var text = File.ReadAllText(Repository.Find("docs/reference/template.md"));
        using var schema = JsonDocument.Parse(TemplateSchema.Current.Text);
        var definitions = schema.RootElement.GetProperty("$defs");
        var paths = Paths(definitions.GetProperty("metadata"), "", definitions).Concat(Paths(definitions.GetProperty("spec"), "", definitions)).ToList();
        Assert.True(paths.Count > 100);
        Assert.DoesNotContain(paths, path => !text.Contains($"`{path}`", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("docs/reference/template.md")]
    [InlineData("docs/guide/templates.md")]
    public void Every_document_that_is_shown_is_a_template(string page)
    {
        var blocks = File.ReadAllText(Repository.Find(page)).Split("```yaml\n").Skip(1).Select(static b => b[..b.IndexOf("```", StringComparison.Ordinal)]).Where(static b => b.StartsWith("apiVersion", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(blocks);
        foreach (var block in blocks)
            Documents.Read(block);
    }

    [Fact]
    public void The_guide_names_every_template_that_is_shipped()
    {
        var text = File.ReadAllText(Repository.Find("docs/guide/templates.md"));
        Assert.DoesNotContain(ShippedTemplates.All.Keys, slug => !text.Contains($"`{slug}`", StringComparison.Ordinal));
    }

    // People and overrides are told in words.
    private static IEnumerable<string> Paths(JsonElement schema, string prefix, JsonElement definitions)
    {
        if (!schema.TryGetProperty("properties", out var properties))
            yield break;
        foreach (var property in properties.EnumerateObject())
        {
            yield return prefix + property.Name;
            var reference = property.Value.TryGetProperty("$ref", out var to) ? to.GetString()!["#/$defs/".Length..] : null;
            if (reference is "people" or "override")
                continue;
            var value = reference is null ? property.Value : definitions.GetProperty(reference);
            foreach (var below in Paths(value, prefix + property.Name + ".", definitions))
                yield return below;
            if (!value.TryGetProperty("items", out var items))
                continue;
            if (items.TryGetProperty("$ref", out var of))
                items = definitions.GetProperty(of.GetString()!["#/$defs/".Length..]);
            foreach (var below in Paths(items, prefix + property.Name + "[].", definitions))
                yield return below;
        }
    }
}
