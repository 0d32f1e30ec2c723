using Adit.Hub.Access;
using Adit.Hub.Templates;

namespace Adit.Hub.Tasks;

/// <summary>What runners say to a task that is only thought of.</summary>
internal sealed class TaskFit(TaskRegistry registry) : IRunnerFit
{
    /// <inheritdoc />
    public IReadOnlyList<RunnerFit> Of(ResolvedTask task, Caller caller) =>
    [
        .. registry.PlacesOf(caller.Account)
            .Select(place => (place.Record.Name, Misfit: Scheduler.Misfit(task, place.Record), NoRoom: Scheduler.NoRoom(task, place)))
            .Select(static p => new RunnerFit(p.Name, p.Misfit is null, p.Misfit is null && p.NoRoom is null, p.Misfit ?? p.NoRoom))
            .OrderByDescending(static f => f.HasRoom).ThenByDescending(static f => f.CouldFit).ThenBy(static f => f.Runner, StringComparer.Ordinal),
    ];
}
