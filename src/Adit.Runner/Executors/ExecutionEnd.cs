namespace Adit.Runner.Executors;

/// <summary>How an attempt of a task ended.</summary>
/// <param name="ExitCode">
/// What its command ended with; 128 and the signal's number where a signal ended it. Null when nobody was there to see it: the machine restarted.
/// </param>
/// <param name="Reason">
/// What is known beyond the code, one sentence for people: out of memory, command not found. Null where the code says it all, as after a stop.
/// </param>
/// <param name="IsOutOfMemory">Whether something of it was ended because the task had used up its memory.</param>
internal sealed record ExecutionEnd(int? ExitCode, string? Reason = null, bool IsOutOfMemory = false);
