using System.CommandLine;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary>
/// <c>adit completion</c>: a script for the shell, which asks this program for words. What comes after TAB is thus never older than the
/// program. The scripts call <c>adit completion words POSITION LINE</c>.
/// </summary>
internal static class CompletionCommand
{
    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "The shell that it is for." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish", "pwsh");
        var command = new Command(
            "completion", "Print a script that completes commands and options: source <(adit completion bash).") { shell };
        command.SetAction(parsed =>
        {
            Screen.Line(CompletionScripts.For(parsed.GetValue(shell)!));
            return ExitCode.Ok;
        });
        command.Add(CreateWords());
        return command;
    }

    private static Command CreateWords()
    {
        var position = new Argument<int>("POSITION");
        var line = new Argument<string>("LINE");
        var command = new Command("words", "Print what may come at a position of a command line.") { position, line };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            foreach (var word in Words(parsed.GetValue(line)!, parsed.GetValue(position)))
                Screen.Line(word);
            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>The words that may come at a position of a line that begins with the program's name.</summary>
    internal static IEnumerable<string> Words(string line, int position)
    {
        var typed = line[..Math.Clamp(position, 0, line.Length)];
        var parsed = AditCommand.Create().Parse(
            typed.IndexOf(' ', StringComparison.Ordinal) is > 0 and var space ? typed[(space + 1)..] : "");
        var word = typed.Length == 0 || typed[^1] == ' ' ? "" : typed[(typed.LastIndexOf(' ') + 1)..];
        var isOption = word.StartsWith('-');
        return parsed.GetCompletions()
            .Select(static c => c.InsertText ?? c.Label)
            // Options only where one is begun: commands and values are looked for more often.
            .Where(w => w.StartsWith(word, StringComparison.Ordinal) && w.StartsWith('-') == isOption && w is not ("-?" or "/?" or "/h"))
            .Distinct()
            .Order(StringComparer.Ordinal);
    }
}
