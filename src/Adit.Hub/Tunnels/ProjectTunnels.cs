using Adit.Hub.Projects;

namespace Adit.Hub.Tunnels;

/// <summary>The tunnels of a project, which end with it.</summary>
internal sealed class ProjectTunnels(TunnelRegistry registry) : IProjectContent
{
    /// <inheritdoc />
    public async Task RemoveAsync(string project, CancellationToken cancellationToken)
    {
        foreach (var tunnel in registry.All.Where(t => t.Record?.Project == project).ToList())
            await registry.RemoveAsync(tunnel, $"its project {project} has ended");
    }
}
