using Adit.Hub.Projects;

namespace Adit.Hub.Tasks;

/// <summary>The tasks of a project, which end with it.</summary>
internal sealed class ProjectTasks(TaskRegistry registry) : IProjectContent
{
    /// <inheritdoc />
    public async Task RemoveAsync(string project, CancellationToken cancellationToken)
    {
        foreach (var task in registry.All.Where(t => t.Record.Project == project).ToList())
        {
            await registry.StopAsync(task, $"its project {project} has ended");
            if (task.Record.HasEnded || task.Record.State == Api.TaskState.Lost)
                await registry.RemoveAsync(task);
        }

        if (registry.All.Any(t => t.Record.Project == project))
            throw new InvalidOperationException($"Tasks of the project {project} are still ending."); // It is tried again.
        await registry.EndProjectUsageAsync(project);
    }
}
