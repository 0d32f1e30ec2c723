namespace Adit.Hub.Projects;

/// <summary>
/// What a slice has in projects, and gives up when one ends. Every slice whose things belong to projects registers one.
/// </summary>
internal interface IProjectContent
{
    /// <summary>
    /// Removes everything that the slice has in a project, for good. Called when its grace period is over; nothing new is made in it by
    /// then. A failure is reported by throwing: the project stays and is tried again, so what is gone already must not be missed.
    /// </summary>
    Task RemoveAsync(string project, CancellationToken cancellationToken);
}
