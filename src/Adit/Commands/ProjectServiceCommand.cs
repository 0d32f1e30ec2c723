using System.CommandLine;

namespace Adit.Commands;

/// <summary><c>adit project service</c>: accounts for programs that work for a project.</summary>
internal static class ProjectServiceCommand
{
    public static Command Create(HubAccessOptions access) => new("service", "Make, list and end a project's service accounts: what its pipelines and machines act as.")
    {
        ProjectServiceCreateCommand.Create(access),
        ProjectServiceListCommand.Create(access),
        ProjectServiceChangeCommand.Create(
            access, "disable", "Disable service accounts: their tokens are refused and their links end, until they are enabled.", "Disabled",
            static (api, project, name, cancellationToken) => api.ChangeServiceAccountAsync(project, name, "disabled", cancellationToken)),
        ProjectServiceChangeCommand.Create(
            access, "enable", "Let disabled service accounts in again, with the tokens that they have.", "Enabled",
            static (api, project, name, cancellationToken) => api.ChangeServiceAccountAsync(project, name, "active", cancellationToken)),
        ProjectServiceChangeCommand.Create(
            access, "rm", "Remove service accounts for good: their tokens are refused and their links end. Their names stay taken.", "Removed",
            static (api, project, name, cancellationToken) => api.DeleteServiceAccountAsync(project, name, cancellationToken)),
    };
}
