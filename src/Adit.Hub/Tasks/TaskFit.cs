using Adit.Hub.Access;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Templates;

namespace Adit.Hub.Tasks;

/// <summary>What runners say to a task that is only thought of.</summary>
internal sealed class TaskFit(TaskRegistry registry, Authority authority) : IRunnerFit
{
    /// <inheritdoc />
    public IReadOnlyList<RunnerFit> Of(ResolvedTask task, Caller caller) =>
    [
        .. registry.PlacesOf(caller.Account)
            .Select(place => (place.Record.Name, Misfit: Scheduler.Misfit(task, place), NoRoom: Scheduler.NoRoom(task, place)))
            .Select(static p => new RunnerFit(p.Name, p.Misfit is null, p.Misfit is null && p.NoRoom is null, p.Misfit ?? p.NoRoom))
            .OrderByDescending(static f => f.HasRoom).ThenByDescending(static f => f.CouldFit).ThenBy(static f => f.Runner, StringComparer.Ordinal),
    ];

    /// <inheritdoc />
    public (string? Refusal, string? Wait) QuotasOf(ResolvedTask task, Caller caller, string? project) => registry.QuotasOf(new TaskRecord
    {
        Id = "", Name = "", HoldsName = false, Account = caller.Account, TokenId = caller.TokenId, Maker = caller.TokenName,
        Project = authority.MayMake(caller, Permission.TasksWrite, project) ? project : null, // Of others' nobody learns how full they are.
        Resolved = task, IsWanted = true, Attempt = 1, State = Api.TaskState.Queued, Created = DateTimeOffset.UnixEpoch,
    });
}
