using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit project service create</c>.</summary>
internal static class ProjectServiceCreateCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var project = new Argument<string>("PROJECT") { Description = "The project." };
        var name = new Argument<string>("NAME") { Description = "The account's name, unique on the hub." };
        var role = ProjectMemberAddCommand.Role(isForPeople: false);
        var json = new Option<bool>("--json") { Description = "Print the account as JSON." };
        var command = new Command("create", "Make a service account of a project. Its tokens are made with 'adit token create --account NAME'.") { project, name, role, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            access.Read(parsed), parsed.GetValue(project)!,
            new CreateServiceAccountRequest { Name = parsed.GetValue(name)!, Role = Words.RoleOf(parsed.GetValue(role)!) },
            parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string project, CreateServiceAccountRequest request, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var made = await api.CreateServiceAccountAsync(project, request, cancellationToken);
        if (json)
            Screen.Line(JsonSerializer.Serialize(made, ServiceAccountsJson.Default.ServiceAccount));
        else
            Screen.Note($"Made the service account {made.Name} of {project}. 'adit token create --account {made.Name} --name TOKEN' makes a token for it.");
        return ExitCode.Ok;
    }
}
