using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Adit.Terminal;

namespace Adit;

/// <summary>Runs a command line: usage errors, signals, and failures as one line and an exit code.</summary>
internal static class CommandLine
{
    /// <summary>Parses, runs, and returns the exit code.</summary>
    public static async Task<int> RunAsync(RootCommand root, string[] arguments)
    {
        Screen.Open();

        // '@FILE' is read by the options that take secrets, and by them only: a file's words are no options.
        var parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
            return Complain(parsed);

        // Help and version are answered without signals and tasks: a hundred milliseconds is all they may cost.
        if (parsed.Action is SynchronousCommandLineAction plain)
            return plain.Invoke(parsed);

        using var signals = new EndSignals();
        try
        {
            var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            return await parsed.InvokeAsync(configuration, signals.Token);
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
            return EndSignals.ExitCode;
        }
        catch (Exception e) when (Failures.Describe(e) is { } failure)
        {
            Screen.Error(failure.Message);
            return failure.ExitCode;
        }
    }

    private static int Complain(ParseResult parsed)
    {
        var error = parsed.UnmatchedTokens is [var word, ..] && parsed.CommandResult.Command.Subcommands.Count > 0 && !word.StartsWith('-')
            ? $"There is no command '{RequestLine.Safe(word)}'"
            : parsed.Errors[0].Message.TrimEnd('.');
        Screen.Error($"{error}. See '{Path(parsed.CommandResult)} --help'.");
        return ExitCode.Usage;
    }

    private static string Path(CommandResult command)
    {
        var names = new Stack<string>();
        for (SymbolResult? at = command; at is CommandResult c; at = c.Parent)
            names.Push(c.Command is RootCommand ? "adit" : c.Command.Name);
        return string.Join(' ', names);
    }
}
