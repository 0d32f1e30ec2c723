using Adit.Api;
using Adit.Hub.Inspector;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Tasks;

/// <summary>What the log, listeners and whoever waits are told about tasks. Never blocks.</summary>
internal sealed partial class TaskNews(EventHub events, ILogger<TaskNews> log)
{
    private readonly ILogger<TaskNews> _log = log;

    /// <summary>Something about a task changed. Called under the registry's lock: handlers must not block.</summary>
    public event Action<LiveTask>? Changing;

    /// <summary>Says so.</summary>
    /// <param name="task">Which.</param>
    /// <param name="type"><c>created</c>, <c>changed</c>, <c>again</c> or <c>removed</c>.</param>
    public void Changed(LiveTask task, string type)
    {
        var record = task.Record;
        LogChanged(record.Id, record.Name, record.State, record.Reason is null ? "" : ": " + record.Reason);
        Changing?.Invoke(task);
        if (task.IsStored)
            events.Publish(new TaskEvent(type, record.Id, record.Name, record.State, record.Reason), record.Belonging);
    }

    /// <summary>All that follows on a task's end is done: whoever waits for that looks again. Called under the registry's lock.</summary>
    public void Finished(LiveTask task) => Changing?.Invoke(task);

    /// <summary>A task is about to be stopped, for nobody uses it. Its state is what it was.</summary>
    public void Warned(LiveTask task, string reason)
    {
        var record = task.Record;
        LogWarned(record.Id, record.Name, reason);
        events.Publish(new TaskEvent("warned", record.Id, record.Name, record.State, reason), record.Belonging);
    }

    /// <summary>A snapshot was made of a task's workspace. The task may be gone.</summary>
    public void Saved(string id, string name, TaskState state, Access.Permissions.Owned belonging, string text)
    {
        LogWarned(id, name, text);
        events.Publish(new TaskEvent("saved", id, name, state, text), belonging);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Task {Id} ({Name}): {Reason}")]
    private partial void LogWarned(string id, string name, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Task {Id} ({Name}) is {State}{Reason}")]
    private partial void LogChanged(string id, string name, TaskState state, string reason);
}
