using Adit.Hub.Access;

namespace Adit.Hub.Templates;

/// <summary>What a dry run asks of the runners: which of them could take a task. The slice that knows them answers, from memory.</summary>
internal interface IRunnerFit
{
    /// <summary>What each runner that the caller may use says to a task, those that fit first.</summary>
    IReadOnlyList<RunnerFit> Of(ResolvedTask task, Caller caller);

    /// <summary>What quotas say to a task of the caller's in a project, null for none: why it would be refused, or what it would wait for; null for neither.</summary>
    (string? Refusal, string? Wait) QuotasOf(ResolvedTask task, Caller caller, string? project);
}

/// <summary>What one runner says.</summary>
/// <param name="Runner">Its name.</param>
/// <param name="CouldFit">Whether it could have the task when nothing else runs there.</param>
/// <param name="HasRoom">Whether it could have it now.</param>
/// <param name="Reason">Why not, for people; null when it has room.</param>
internal sealed record RunnerFit(string Runner, bool CouldFit, bool HasRoom, string? Reason);
