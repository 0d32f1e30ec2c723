using Adit.Hub.Access.Audit;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Projects;

/// <summary>Ends deleted projects when they can no longer be restored, with everything that slices have in them.</summary>
internal sealed partial class ProjectEnds(
    ProjectDirectory projects, IEnumerable<IProjectContent> contents, HubOptions options, TimeProvider time, ILogger<ProjectEnds> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(10);

    /// <summary>Ends those whose time has come.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        foreach (var project in projects.All.Where(p => p.Deleted + options.ProjectGrace <= now).ToList())
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                var entry = new AuditEntry("project.end") { Target = "project:" + project.Name };
                if (await projects.PurgeAsync(project, () => RemoveContentAsync(project.Name, cancellationToken), entry))
                    LogEnded(project.Name);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // Whatever it is, the others go on, and this one is tried again.
                LogNotEnded(project.Name, e);
            }
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Every, time, stoppingToken);
                await EndAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The hub stops.
        }
    }

    private async Task RemoveContentAsync(string project, CancellationToken cancellationToken)
    {
        foreach (var content in contents)
            await content.RemoveAsync(project, cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The project {Name} was deleted and its grace period is over: it is gone with everything in it.")]
    private partial void LogEnded(string name);

    [LoggerMessage(Level = LogLevel.Error, Message = "The deleted project {Name} could not be ended yet and is tried again.")]
    private partial void LogNotEnded(string name, Exception failure);
}
