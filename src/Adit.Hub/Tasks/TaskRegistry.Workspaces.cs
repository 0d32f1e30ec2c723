using Adit.Api;
using Adit.Hub.Tasks.Workspaces;

namespace Adit.Hub.Tasks;

/// <summary>Which task writes which workspace: one at a time.</summary>
internal sealed partial class TaskRegistry
{
    /// <summary>The task that writes to a volume, or will; null for none.</summary>
    public TaskRecord? WriterOf(string volume) => _tasks.Values.Select(static t => t.Record).FirstOrDefault(r => !r.HasEnded && r.Spec.Workspace?.Id == volume);

    /// <summary>A snapshot was made of the workspace of a task, as is stored already.</summary>
    /// <param name="id">The task; it may be gone.</param>
    /// <param name="attempt">By which start of it: one that is over says nothing of the task as it is now.</param>
    /// <param name="saved">What.</param>
    public void Saved(string id, int attempt, SavedWorkspace saved)
    {
        lock (_lock)
        {
            if (_tasks.TryGetValue(id, out var task) && task.Record.Attempt == attempt)
                task.Saved = saved;
        }
    }

    private async Task LoadSavedAsync()
    {
        foreach (var (id, saved) in await _workspaces.LastAsync())
        {
            if (_tasks.TryGetValue(id, out var task))
                task.Saved = saved;
        }
    }

    // Under the lock.
    private void CheckWorkspace(TaskRecord record)
    {
        if (record.Spec.Workspace is { } workspace && _tasks.Values.Select(static t => t.Record).FirstOrDefault(r => r.Id != record.Id && !r.HasEnded && r.Spec.Workspace?.Id == workspace.Id) is { } other)
        {
            throw new TaskRefusal(
                TaskRefusalCode.WorkspaceTaken,
                $"The workspace '{workspace.Path}' is that of the task '{other.Name}'{(other.Account == record.Account ? "" : $" of {other.Account}")}, which is {other.State.Word()}: one task at a time writes to a workspace. "
                    + $"Stop that one{(other.State == TaskState.Lost ? " or remove it" : "")}, or name another workspace.");
        }
    }
}
