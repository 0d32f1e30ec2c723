using System.Text.RegularExpressions;
using System.Xml.Linq;
using Adit.Testing;

namespace Adit.Tests.Hygiene;

/// <summary>Who may know whom: docs/decisions/0001-projects-and-layout.md.</summary>
public sealed class ArchitectureTests
{
    private static readonly Dictionary<string, string[]> MayReference = new()
    {
        ["Adit.Api"] = [],
        ["Adit.Link"] = [],
        ["Adit.Content"] = [],
        ["Adit.Hub"] = ["Adit.Api", "Adit.Content", "Adit.Link"],
        ["Adit.Runner"] = ["Adit.Api", "Adit.Content", "Adit.Link"],
        ["Adit"] = ["Adit.Api", "Adit.Content", "Adit.Link", "Adit.Hub", "Adit.Runner"],
    };

    // What every slice of the hub stands on.
    private static readonly string[] Ground = ["Storage", "Telemetry", "Http"];

    [Fact]
    public void Projects_reference_only_whom_they_may_know()
    {
        var projects = Repository.Files("src", "*.csproj");
        Assert.NotEmpty(projects);
        Assert.Equal(MayReference.Keys.Order(), projects.Select(path => Path.GetFileNameWithoutExtension(path)).Order());

        var wrong =
            from project in projects
            let name = Path.GetFileNameWithoutExtension(project)
            from reference in XDocument.Load(Repository.Find(project)).Descendants("ProjectReference")
            let target = Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value)
            where !MayReference[name].Contains(target)
            select $"{name} must not know {target}";
        Source.AssertNone(wrong);
    }

    [Fact]
    public void A_slice_of_the_hub_leaves_the_stores_of_other_slices_alone()
    {
        var stores = (
            from file in HubFiles()
            let slice = Slice(file)
            where !Ground.Contains(slice)
            from Match match in Source.TypeDeclaration.Matches(file.Text)
            where match.Groups[1].Value.EndsWith("Store", StringComparison.Ordinal)
            select (Name: match.Groups[1].Value, Slice: slice)).Distinct().ToArray();
        Assert.NotEmpty(stores);

        var wrong =
            from file in HubFiles()
            from store in stores
            where Slice(file) != store.Slice && Regex.IsMatch(file.Text, $@"\b{store.Name}\b")
            select $"{file} uses {store.Name} of {store.Slice}";
        Source.AssertNone(wrong);
    }

    [Fact]
    public void The_edge_knows_routes_and_nothing_of_what_registers_them()
    {
        var edge = HubFiles().Where(file => Slice(file) == "Edge").ToArray();
        Assert.NotEmpty(edge);

        var others = HubFiles().Select(Slice).Distinct().Except([.. Ground, "Edge", "Access"]).ToArray();
        var wrong =
            from file in edge
            from other in others
            where Regex.IsMatch(file.Text, $@"\bAdit\.Hub\.{other}\b|(?<![\w.]){other}\.[A-Z]\w*[.(<>]")
            select $"{file} knows {other}";
        Source.AssertNone(wrong);
    }

    [Fact]
    public void Tables_are_made_by_migrations_and_each_migration_is_named_by_its_time()
    {
        var migrations = Repository.Files("src/Adit.Hub", "*.sql");
        Assert.NotEmpty(migrations);
        Assert.All(migrations, path => Assert.Matches(@"/\d{12}-[a-z0-9-]+\.sql$", path));

        var wrong =
            from file in Source.ProductCSharp
            where !file.Path.Contains("/Storage/", StringComparison.Ordinal) && Regex.IsMatch(file.Text, @"create\s+table", RegexOptions.IgnoreCase)
            select file.Path;
        Source.AssertNone(wrong);
    }

    private static IEnumerable<SourceFile> HubFiles() =>
        Source.ProductCSharp.Where(file => file.Path.StartsWith("src/Adit.Hub/", StringComparison.Ordinal) && file.Path.Count(c => c == '/') > 2);

    private static string Slice(SourceFile file) => file.Path.Split('/')[2];
}
