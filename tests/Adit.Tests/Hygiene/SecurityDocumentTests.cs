using System.Text.RegularExpressions;

namespace Adit.Tests.Hygiene;

/// <summary>docs/security.md names the test that guards each threat; a test that was renamed or removed must not leave a promise behind.</summary>
public sealed partial class SecurityDocumentTests
{
    private static readonly SourceFile Document = Source.AllText.Single(file => file.Path == "docs/security.md");

    [Fact]
    public void Every_test_that_guards_a_threat_exists()
    {
        var methods = Source.AllCSharp
            .Where(file => file.Path.StartsWith("tests/", StringComparison.Ordinal))
            .SelectMany(file => Method.Matches(file.Text).Select(match => match.Groups[1].Value))
            .ToHashSet(StringComparer.Ordinal);
        var named = TestName.Matches(Document.Text).Select(match => match.Groups[1].Value).ToArray();
        Assert.NotEmpty(named);
        Source.AssertNone(named.Where(name => !methods.Contains(name)).Distinct());
    }

    [Fact]
    public void Every_threat_has_a_test()
    {
        var threats = Document.Text.Split("\n### ").Skip(1).Select(section => section.Split("\n## ")[0]).ToArray();
        Assert.True(threats.Length >= 12, $"{threats.Length} threats");
        Source.AssertNone(threats.Where(threat => !TestName.IsMatch(threat)).Select(threat => threat.Split('\n')[0]));
    }

    [GeneratedRegex(@"\b(?:Task|void) (\w+)\(", RegexOptions.CultureInvariant)]
    private static partial Regex Method { get; }

    [GeneratedRegex(@"`([A-Z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+)`", RegexOptions.CultureInvariant)]
    private static partial Regex TestName { get; }
}
