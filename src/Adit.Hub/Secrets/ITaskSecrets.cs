using Adit.Api;
using Adit.Hub.Access;

namespace Adit.Hub.Secrets;

/// <summary>What the template and task slices need of secrets. Answers from memory and never blocks.</summary>
internal interface ITaskSecrets
{
    /// <summary>Why a task cannot have the secrets that its specification names: one sentence; null when it can, or names none.</summary>
    /// <param name="spec">What a runner would get.</param>
    /// <param name="template">The slug of the template that the specification comes from.</param>
    /// <param name="project">The task's project; null for none.</param>
    /// <param name="caller">Who starts it.</param>
    string? Refusal(TaskSpec spec, string template, string? project, Caller caller);

    /// <summary>A specification with the values of its secrets as they are now, for its runner alone: not to be kept, shown or logged.</summary>
    /// <param name="spec">The specification.</param>
    /// <param name="project">The task's project; null for none.</param>
    /// <param name="missing">Why it cannot be, one sentence; null when it can.</param>
    TaskSpec Give(TaskSpec spec, string? project, out string? missing);
}
