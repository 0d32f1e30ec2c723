namespace Adit.Runner.Executors;

/// <summary>A task could not be prepared, started, adopted or stopped. The message is a sentence for the task's owner.</summary>
internal sealed class ExecutorException(string message, Exception? inner = null) : Exception(message, inner);
