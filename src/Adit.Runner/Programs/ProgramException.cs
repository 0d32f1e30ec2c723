namespace Adit.Runner.Programs;

/// <summary>A local program could not be started, or ended before it was of use.</summary>
public sealed class ProgramException(string message) : Exception(message)
{
    /// <summary>What it ended with, if it ran.</summary>
    public int? ExitCode { get; init; }
}
