using System.Text.RegularExpressions;
using Adit.Testing;

namespace Adit.Link.Protocol;

/// <summary>docs/reference/link.md is what others implement from: its tables and the code say the same.</summary>
public sealed partial class SpecificationTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "reference", "link.md"));

    [Fact]
    public void The_record_types_are_those_of_the_page() =>
        Assert.Equal(
            Enum.GetValues<RecordType>().Select(t => $"{(int)t} {t.ToString().ToUpperInvariant()}"),
            Rows("## Records", "### OPEN").Select(r => $"{r[0]} {r[1]}"));

    [Fact]
    public void The_reset_codes_are_those_of_the_page() =>
        Assert.Equal(
            Enum.GetValues<ResetCode>().Select(c => $"{(int)c} {c}"),
            Rows("### Reset codes", "### Keepalive").Select(r => $"{r[0]} {r[1]}"));

    [Fact]
    public void The_versions_are_those_of_the_page()
    {
        var versions = Rows("## Versions", "## Control connection").Select(r => int.Parse(r[0], System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(LinkProtocol.Version, versions.Max());
        Assert.Contains(LinkProtocol.MinVersion, versions);
    }

    [Theory]
    [InlineData(RecordHeader.MaxData, "262,144")]
    [InlineData(RecordHeader.MaxOpen, "4,096")]
    [InlineData(RecordHeader.MaxReset - 6, "512")]
    [InlineData(LinkProtocol.MaxControlMessage, "65,536")]
    public void The_bounds_are_those_of_the_page(int bound, string text)
    {
        Assert.Equal(text, bound.ToString("N0", System.Globalization.CultureInfo.InvariantCulture));
        Assert.Contains(text, Page, StringComparison.Ordinal);
    }

    private static string[][] Rows(string from, string to)
    {
        var start = Page.IndexOf(from, StringComparison.Ordinal);
        var end = Page.IndexOf(to, start, StringComparison.Ordinal);
        Assert.True(start >= 0 && end > start, $"The page has no part from '{from}' to '{to}'.");
        var rows = Row().Matches(Page[start..end]).Select(m => m.Groups[1].Value.Split('|').Select(c => c.Trim()).ToArray()).Where(r => int.TryParse(r[0], out _)).ToArray();
        Assert.NotEmpty(rows);
        return rows;
    }

    [GeneratedRegex(@"^\|(.+)\|\s*$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
