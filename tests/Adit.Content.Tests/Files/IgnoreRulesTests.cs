using System.Diagnostics;
using Adit.Testing;

namespace Adit.Content.Files;

public sealed class IgnoreRulesTests
{
    // Not among them: "foo**/bar", which gitignore(5) says is "foo*/bar", and git itself takes for more.
    private static readonly string[] Patterns =
    [
        "foo", "/foo", "foo/", "/foo/", "foo/bar", "foo/*", "foo/**", "**/foo", "**/foo/bar", "foo/**/bar", "a/**/b/**/c", "**", "/**", "*", "/*", "**/", "***", "foo**", "foo**b*r",
        "*.log", "!keep.log", "*.lo?", "?oo", "[fb]oo", "[!f]oo", "[^f]oo", "[a-f]oo", "[f-a]oo", "[]f]oo", "[!]f]oo", "[f", "[f-]oo", "[[:alpha:]]oo", "[[:digit:][:upper:]]*", "[[:nothing:]]oo",
        "[\\]f]oo", "fo[/]o", "foo/[!x]ar", "\\foo", "\\!foo", "\\#foo", "#foo", "foo ", "foo\\ ", "foo\\", "  foo", "", "!", "/", "//", "foo//", "//foo", "!foo", "f.o", "f+o", "f(o)", "f{o}", "f$o", "f|o", "^foo",
        "foo/bar/", "bar", "*/bar", "*/foo/bar", "foo*bar", "**/*.log", "a/*/c", "a/**/c", "a/**", "!a/b", "*a*a*a*b", "foo\r", "foo\t", "\\*", "a?b", "a[/]b", "x/**/", "/a/**/", "a**b/c",
    ];

    private static readonly string[] Paths =
    [
        "foo", "foo/bar", "foo/bar/baz", "x/foo", "x/foo/bar", "x/y/foo/bar", "foo/x/bar", "foo/x/y/bar", "bar", "xbar", "a.log", "keep.log", "x/a.log", "a.lox", "boo", "goo", "]oo", "-oo", "Foo", "7oo",
        "!foo", "#foo", "foo ", " foo", "  foo", "foo\\", "f.o", "f+o", "f(o)", "f{o}", "f$o", "f|o", "fxo", "^foo", "a/b", "a/b/c", "a/c", "a/b/b/c", "a/x/b/y/c", "a/b/x/c", "aaab", "abaaab", "foobar", "foo-x-bar",
        "fooo/bar", "x", "x/y", "x/y/z", "*", "axb/c", "ab/c", "foo\t",
    ];

    [Fact]
    public async Task Each_pattern_means_what_it_means_to_git()
    {
        using var directory = new TempDirectory();
        await Workplace.ShellAsync(directory.Path, "git init -q . && git config core.excludesFile /dev/null && git config core.ignorecase false");
        var wrong = new List<string>();
        foreach (var pattern in Patterns)
            wrong.AddRange(await CompareAsync(directory, [pattern]));
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task Any_few_patterns_together_mean_what_they_mean_to_git()
    {
        using var directory = new TempDirectory();
        await Workplace.ShellAsync(directory.Path, "git init -q . && git config core.excludesFile /dev/null && git config core.ignorecase false");
        var random = new Random(5);
        var wrong = new List<string>();
        for (var i = 0; i < 60; i++)
            wrong.AddRange(await CompareAsync(directory, [.. Enumerable.Range(0, random.Next(2, 5)).Select(_ => (random.Next(3) == 0 ? "!" : "") + Patterns[random.Next(Patterns.Length)])]));
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void Rules_of_a_deeper_directory_decide_over_those_above_and_change_the_hash()
    {
        var top = IgnoreRules.None.With("", ["*.log", "/only"]);
        var below = top.With("a/b", ["!x.log", "/only"]);
        Assert.True(top.Ignores("a/b/x.log", false));
        Assert.False(below.Ignores("a/b/x.log", false));
        Assert.True(below.Ignores("a/b/y.log", false));
        Assert.True(below.Ignores("a/b/only", false));
        Assert.False(below.Ignores("a/b/c/only", false));
        Assert.NotEqual(top.Hash, below.Hash);
        Assert.Equal(top.Hash, IgnoreRules.None.With("", ["*.log", "/only"]).Hash);
        Assert.True(IgnoreRules.None.With("", ["# nothing", ""]).IsEmpty);
    }

    [Fact]
    public void Patterns_made_to_take_for_ever_do_not_and_too_many_are_refused()
    {
        var rules = IgnoreRules.None.With("", [string.Concat(Enumerable.Repeat("*a", 100)) + "b", string.Concat(Enumerable.Repeat("**/a/", 50)) + "b"]);
        var started = Stopwatch.GetTimestamp();
        Assert.False(rules.Ignores(string.Join('/', Enumerable.Repeat("aaaaaaaaaaaaaaaa", 100)), false));
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 5);
        Assert.Throws<FormatException>(() => IgnoreRules.None.With("", Enumerable.Range(0, 2001).Select(static i => $"{i}")));
        Assert.Throws<FormatException>(() => IgnoreRules.Lines(new byte[IgnoreRules.MaxBytes + 1]));
    }

    // Paths that git and these rules do not say the same of, as files and as directories with a file in them.
    private static async Task<IEnumerable<string>> CompareAsync(TempDirectory directory, string[] patterns)
    {
        await File.WriteAllTextAsync(directory.File(".gitignore"), string.Join('\n', patterns) + "\n");
        var asked = Paths.SelectMany(static p => new[] { p, p + "/zz" }).ToArray();
        using var git = Process.Start(new ProcessStartInfo("git", ["-C", directory.Path, "check-ignore", "--no-index", "--stdin", "-z"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        await git.StandardInput.WriteAsync(string.Concat(asked.Select(static a => a + '\0')));
        git.StandardInput.Close();
        var ignored = (await git.StandardOutput.ReadToEndAsync()).Split('\0').ToHashSet();
        await git.WaitForExitAsync();
        var rules = IgnoreRules.None.With("", IgnoreRules.Lines(await File.ReadAllBytesAsync(directory.File(".gitignore"))));
        return asked.Where(path => ignored.Contains(path) != IsIgnored(rules, path)).Select(path => $"'{string.Join("', '", patterns)}': '{path}' {(ignored.Contains(path) ? "is" : "is not")} ignored by git.");
    }

    // As a scan does: what is in a directory that is left out is not asked for.
    private static bool IsIgnored(IgnoreRules rules, string path)
    {
        var parts = path.Split('/');
        for (var i = 1; i <= parts.Length; i++)
        {
            if (rules.Ignores(string.Join('/', parts[..i]), i < parts.Length))
                return true;
        }

        return false;
    }
}
