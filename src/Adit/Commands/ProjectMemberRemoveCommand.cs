using System.CommandLine;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit project member rm</c>.</summary>
internal static class ProjectMemberRemoveCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var project = new Argument<string>("PROJECT") { Description = "The project." };
        var member = new Argument<string>("NAME") { Description = "An account, or group:NAME." };
        var command = new Command("rm", "Remove a member from a project; you may always leave it yourself.") { project, member };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(project)!, parsed.GetValue(member)!, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string project, string member, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        await api.RemoveMemberAsync(project, member, cancellationToken);
        Screen.Note($"{member} is no longer a member of {project}.");
        return ExitCode.Ok;
    }
}
