using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using Adit.Testing;

namespace Adit.Tests.Hygiene;

/// <summary>Size, names and content of files.</summary>
public sealed partial class FileTests
{
    private const int MostLines = 400;

    [Fact]
    public void No_source_file_is_longer_than_a_newcomer_can_hold_in_mind()
    {
        Assert.NotEmpty(Source.AllCSharp);
        Source.AssertNone(Source.AllCSharp.Where(file => file.Lines.Length > MostLines).Select(file => $"{file}: {file.Lines.Length} lines"));
    }

    [Fact]
    public void No_name_says_nothing()
    {
        Assert.NotEmpty(Source.AllCSharp);
        var files = Source.AllCSharp.Select(file => Path.GetFileNameWithoutExtension(file.Path));
        var types = Source.AllCSharp.SelectMany(file => Source.TypeDeclaration.Matches(WithoutComments(file.Text)).Select(match => match.Groups[1].Value));
        Source.AssertNone(files.Concat(types).Where(name => SaysNothing.IsMatch(name)).Distinct());
    }

    [Fact]
    public void A_namespace_is_its_folder_or_one_above_it()
    {
        var wrong =
            from file in Source.ProductCSharp
            let declared = Regex.Match(file.Text, @"^namespace ([\w.]+);", RegexOptions.Multiline)
            where declared.Success
            let expected = Path.GetDirectoryName(file.Path)!.Replace("src/", "", StringComparison.Ordinal).Replace('/', '.')
            where expected != declared.Groups[1].Value && !expected.StartsWith(declared.Groups[1].Value + ".", StringComparison.Ordinal)
            select $"{file}: {declared.Groups[1].Value} instead of {expected}";
        Assert.NotEmpty(Source.ProductCSharp);
        Source.AssertNone(wrong);
    }

    [Fact]
    public void No_file_holds_a_secret_or_a_path_of_somebodys_machine()
    {
        Assert.Contains(Source.AllText, file => file.Path == "README.md");
        var wrong =
            from file in Source.AllText
            from Match match in Leak.Matches(file.Text)
            select $"{file}: {match.Value}";
        Source.AssertNone(wrong);
    }

    [Fact]
    public void Nothing_is_left_for_later()
    {
        Assert.NotEmpty(Source.AllCSharp);
        var wrong =
            from file in Source.AllText
            where !file.Path.StartsWith("tests/Adit.Tests/Hygiene/", StringComparison.Ordinal)
            from Match match in Unfinished.Matches(file.Text)
            select $"{file}: {match.Value}";
        Source.AssertNone(wrong);
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public void Scripts_at_the_root_can_be_started()
    {
        string[] scripts = ["run", "test", ".ci/run", "bench/tunnels"];
        Assert.All(scripts, script => Assert.True(File.GetUnixFileMode(Repository.Find(script)).HasFlag(UnixFileMode.UserExecute), script));
    }

    private static string WithoutComments(string text) => Comment.Replace(text, "");

    [GeneratedRegex(@"//.*$", RegexOptions.Multiline)]
    private static partial Regex Comment { get; }

    [GeneratedRegex("(Manager|Helpers?|Utils?|Utility|Utilities|Common|Misc|Impl|Info|Base|Wrapper)$", RegexOptions.CultureInvariant)]
    private static partial Regex SaysNothing { get; }

    // Private keys, well-known token shapes, home folders. (This line does not match itself: each pattern needs what follows it.)
    [GeneratedRegex(@"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{40}|\bgh[pousr]_[A-Za-z0-9]{20}|\bAKIA[A-Z0-9]{16}\b|\beyJ[\w-]{20,}\.[\w-]{20,}|/(?:home|Users)/[a-z]+/|(?<![\w.])/(?:root|work)/\w", RegexOptions.CultureInvariant)]
    private static partial Regex Leak { get; }

    [GeneratedRegex(@"\b(?:TODO|FIXME|HACK|XXX)\b|NotImplementedException|\bSkip\s*=\s*""", RegexOptions.CultureInvariant)]
    private static partial Regex Unfinished { get; }

    [Fact]
    public void What_crosses_the_wire_keeps_its_defaults()
    {
        // Source-generated JSON gives every init property a value: nothing, where the message has none. With set it leaves the default.
        Source.AssertNone(
            from file in Source.ProductCSharp
            where file.Path.StartsWith("src/Adit.Api/", StringComparison.Ordinal)
            from line in file.Text.Split('\n')
            where line.Contains("{ get; init; } = ", StringComparison.Ordinal)
            select $"{file.Path}: {line.Trim()}");
    }
}
