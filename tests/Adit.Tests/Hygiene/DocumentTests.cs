using System.Text.RegularExpressions;
using Adit.Testing;

namespace Adit.Tests.Hygiene;

/// <summary>Documents lead somewhere.</summary>
public sealed partial class DocumentTests
{
    private static readonly SourceFile[] Documents = [.. Source.AllText.Where(file => file.Path.EndsWith(".md", StringComparison.Ordinal))];

    [Fact]
    public void Every_link_to_a_file_of_the_repository_leads_to_one()
    {
        Assert.NotEmpty(Documents);
        var wrong =
            from document in Documents
            from Match match in Link.Matches(document.Text)
            let target = match.Groups[1].Value.Split('#')[0]
            where target.Length > 0 && !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal)
            let path = Path.Combine(Repository.Root, Path.GetDirectoryName(document.Path)!, target)
            where !File.Exists(path) && !Directory.Exists(path)
            select $"{document}: {target}";
        Source.AssertNone(wrong);
    }

    [Fact]
    public void Every_document_can_be_reached_from_the_readme()
    {
        var reached = new HashSet<string>();
        var next = new Queue<string>(["README.md"]);
        while (next.TryDequeue(out var path))
        {
            if (!reached.Add(path) || Documents.FirstOrDefault(document => document.Path == path) is not { } document)
            {
                continue;
            }

            foreach (Match match in Link.Matches(document.Text))
            {
                var target = Path.GetFullPath(Path.Combine(Repository.Root, Path.GetDirectoryName(path)!, match.Groups[1].Value.Split('#')[0]));
                next.Enqueue(Path.GetRelativePath(Repository.Root, Directory.Exists(target) ? Path.Combine(target, "README.md") : target));
            }
        }

        Source.AssertNone(Documents.Select(document => document.Path).Except(reached));
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)", RegexOptions.CultureInvariant)]
    private static partial Regex Link { get; }
}
