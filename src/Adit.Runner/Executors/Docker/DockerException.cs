using System.Net;

namespace Adit.Runner.Executors;

/// <summary>The engine refused, with its own words, or did not answer.</summary>
/// <param name="status">Its status; null when it did not answer.</param>
/// <param name="message">What it says.</param>
/// <param name="inner">Why it did not answer.</param>
internal sealed class DockerException(HttpStatusCode? status, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Its status; null when it did not answer.</summary>
    public HttpStatusCode? Status { get; } = status;

    /// <summary>As a sentence for the task's owner.</summary>
    /// <param name="what">What could not be done: <c>The container cannot be started</c>.</param>
    public ExecutorException For(string what) =>
        Message.Contains("no space left on device", StringComparison.OrdinalIgnoreCase)
            ? new ExecutorException($"{what}: the runner's disk is full. Free some space there and start the task again.", this)
            : new ExecutorException($"{what}: {Message.TrimEnd('.')}.", this);
}
