using System.CommandLine;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit project service</c>: an account for programs that work for a project.</summary>
internal static class ProjectServiceCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var project = new Argument<string>("PROJECT") { Description = "The project." };
        var name = new Argument<string>("NAME") { Description = "The account's name, unique on the hub." };
        var role = ProjectMemberAddCommand.Role();
        var command = new Command("service", "Make a service account of a project. Its tokens are made with 'adit token create --account NAME'.") { project, name, role };
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(access.Read(parsed), parsed.GetValue(project)!, parsed.GetValue(name)!, Words.RoleOf(parsed.GetValue(role)!), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string project, string name, ProjectRole role, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        await api.CreateServiceAccountAsync(project, new CreateServiceAccountRequest { Name = name, Role = role }, cancellationToken);
        Screen.Note($"Made the service account {name} of {project}. 'adit token create --account {name} --name TOKEN' makes a token for it.");
        return ExitCode.Ok;
    }
}
