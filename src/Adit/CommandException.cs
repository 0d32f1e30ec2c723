namespace Adit;

/// <summary>A command cannot go on. The message is one line: what happened, to what, what to do next.</summary>
internal sealed class CommandException(int exitCode, string message) : Exception(message)
{
    /// <summary>What the program ends with.</summary>
    public int ExitCode { get; } = exitCode;
}
