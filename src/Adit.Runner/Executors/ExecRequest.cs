namespace Adit.Runner.Executors;

/// <summary>The size of a terminal in characters.</summary>
internal readonly record struct TerminalSize(int Columns, int Rows);

/// <summary>A further command in a task's surroundings: <c>adit exec</c>.</summary>
internal sealed record ExecRequest
{
    /// <summary>The command and its arguments, with the placeholders of the task's own.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Environment variables on top of the task's.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The terminal it gets; null for none. With one, all it writes comes on the standard output.</summary>
    public TerminalSize? Terminal { get; init; }

    /// <summary>Further sizes of the terminal, as the user changes it; null for none. Read until the command ends.</summary>
    public IAsyncEnumerable<TerminalSize>? Sizes { get; init; }
}

/// <summary>What a command that is run by <see cref="IExecution.ExecAsync"/> reads and writes. The caller disposes them.</summary>
/// <param name="In">Its standard input; the stream's end closes it. Null for none.</param>
/// <param name="Out">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
internal sealed record ExecStreams(Stream? In, Stream Out, Stream Error);
