using Adit.Hub.Access;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Tasks;

/// <summary>Which tasks a caller may see and change. Who may not even see one is answered as if there were none.</summary>
internal sealed class TaskRights(TaskRegistry registry, TaskStore store, Authority authority)
{
    /// <summary>Whether a caller may see a task and its log.</summary>
    public bool MaySee(Caller caller, TaskRecord record) => authority.May(caller, Permission.TasksRead, record.Belonging);

    /// <summary>Whether a caller may stop, restart and remove it.</summary>
    public bool MayChange(Caller caller, TaskRecord record) => authority.May(caller, Permission.TasksWrite, record.Belonging);

    /// <summary>A task by its id, or one of the caller's own by its name: in memory, or as it was stored when it ended; neither when it may see none.</summary>
    public async Task<(LiveTask? Live, TaskRecord? Ended)> FindAsync(string task, Caller caller)
    {
        var live = registry.Find(task) ?? registry.Find(caller.Account, task);
        if (live is not null)
            return MaySee(caller, live.Record) ? (live, null) : default;
        var ended = await store.FindAsync(task, null, null) ?? await store.FindAsync(null, caller.Account, task);
        return ended is not null && MaySee(caller, ended) ? (null, ended) : default;
    }

    /// <summary>What somebody is told who may see a task and wants to change it.</summary>
    public static IResult ReadOnly(TaskRecord record) =>
        Problems.Forbidden($"You may see the task '{record.Name}' and not change it; ask its owner or a maintainer of its project.");
}
