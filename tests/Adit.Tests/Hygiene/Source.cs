using System.Text.RegularExpressions;
using Adit.Testing;

namespace Adit.Tests.Hygiene;

/// <summary>The text of the repository, as the hygiene tests read it.</summary>
internal static partial class Source
{
    private static readonly string[] TextExtensions =
        [".cs", ".csproj", ".props", ".slnx", ".md", ".sh", ".sql", ".json", ".yaml", ".yml", ".html", ".js", ".css", ".service", ".txt", ".toml"];

    /// <summary>Every C# file of the product, tests and benchmarks.</summary>
    public static IReadOnlyList<SourceFile> AllCSharp { get; } =
        [.. new[] { "src", "tests", "bench" }.SelectMany(folder => Repository.Files(folder, "*.cs")).Select(path => new SourceFile(path))];

    /// <summary>Every C# file of the product.</summary>
    public static IReadOnlyList<SourceFile> ProductCSharp { get; } = [.. AllCSharp.Where(file => file.Path.StartsWith("src/", StringComparison.Ordinal))];

    /// <summary>Everything people wrote: code, scripts, documents, deployment files.</summary>
    public static IReadOnlyList<SourceFile> AllText { get; } =
    [
        .. new[] { "src", "tests", "bench", "docs", "deploy", ".ci" }
            .Where(folder => Directory.Exists(Repository.Find(folder)))
            .SelectMany(folder => Repository.Files(folder, "*"))
            .Concat(Directory.GetFiles(Repository.Root).Select(path => System.IO.Path.GetFileName(path)!))
            .Where(path => TextExtensions.Contains(System.IO.Path.GetExtension(path)) || !System.IO.Path.GetFileName(path).Contains('.', StringComparison.Ordinal))
            .Where(path => path != ".git")
            .Select(path => new SourceFile(path)),
    ];

    /// <summary>Fails with every offender on a line of its own; xunit's own message shows only the first few.</summary>
    public static void AssertNone(IEnumerable<string> offenders)
    {
        var lines = offenders.ToArray();
        Assert.True(lines.Length == 0, string.Join('\n', lines));
    }

    /// <summary>Type declarations: the name is group 1.</summary>
    [GeneratedRegex(@"\b(?:class|struct|interface|enum|record(?:\s+(?:class|struct))?)\s+([A-Z]\w+)", RegexOptions.CultureInvariant)]
    public static partial Regex TypeDeclaration { get; }
}

/// <summary>One file; <paramref name="Path"/> is relative to the repository's root.</summary>
internal sealed record SourceFile(string Path)
{
    private readonly Lazy<string> _text = new(() => File.ReadAllText(Repository.Find(Path)));

    public string Text => _text.Value;

    public string[] Lines => Text.Split('\n');

    public override string ToString() => Path;
}
