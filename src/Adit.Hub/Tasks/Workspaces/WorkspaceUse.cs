using Adit.Hub.Volumes;

namespace Adit.Hub.Tasks.Workspaces;

/// <summary>Volumes that tasks write to are not removed under them.</summary>
internal sealed class WorkspaceUse(TaskRegistry registry) : IVolumeUse
{
    /// <inheritdoc />
    public string? UseOf(string volume) => registry.WriterOf(volume) is { } task ? $"the task '{task.Name}' of {task.Account}" : null;
}
