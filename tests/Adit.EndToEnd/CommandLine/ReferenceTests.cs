using System.Text;
using System.Text.RegularExpressions;
using Adit.Testing;

namespace Adit.EndToEnd.CommandLine;

/// <summary>
/// docs/reference/cli.md is what the program itself says. With ADIT_ACCEPT=1 the test writes the page instead of comparing it, so that a change
/// of a flag is seen in review.
/// </summary>
public sealed partial class ReferenceTests
{
    private const string Introduction =
        """
        # Command line

        What `--help` says, verb by verb. This page is made by the program: a test compares them, and
        `ADIT_ACCEPT=1 ./test EndToEnd` writes it anew.

        """;

    [Fact(Timeout = 120_000)]
    public async Task The_reference_of_the_command_line_is_what_the_program_prints()
    {
        var page = new StringBuilder(Introduction);
        var verbs = await DescribeAsync(page, []);
        Assert.True(verbs > 5, $"only {verbs} verbs were found in the help");

        var file = Repository.Find("docs", "reference", "cli.md");
        if (Environment.GetEnvironmentVariable("ADIT_ACCEPT") == "1")
        {
            await File.WriteAllTextAsync(file, page.ToString(), TestContext.Current.CancellationToken);
        }

        Assert.Equal(page.ToString(), await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
    }

    private static async Task<int> DescribeAsync(StringBuilder page, string[] verb)
    {
        var help = await AditProcess.RunAsync([.. verb, "--help"]);
        var text = string.Join('\n', help.Split('\n').Select(line => line.TrimEnd())).Trim();
        page.Append("\n## ").AppendJoin(' ', ["adit", .. verb]).Append("\n\n```\n").Append(text).Append("\n```\n");
        var count = 1;
        var commands = text.IndexOf("\nCommands:\n", StringComparison.Ordinal);
        if (commands >= 0)
        {
            foreach (Match match in Command.Matches(text[(commands + "\nCommands:\n".Length)..]))
            {
                count += await DescribeAsync(page, [.. verb, match.Groups[1].Value]);
            }
        }

        return count;
    }

    [GeneratedRegex(@"^  ([a-z][a-z0-9-]*)(?:,| |$)", RegexOptions.Multiline)]
    private static partial Regex Command { get; }
}
