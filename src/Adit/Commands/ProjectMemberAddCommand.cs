using System.CommandLine;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit project member add</c>.</summary>
internal static class ProjectMemberAddCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var project = new Argument<string>("PROJECT") { Description = "The project." };
        var member = new Argument<string>("NAME") { Description = "An account, or group:NAME for everybody in a group." };
        var role = Role();
        var command = new Command("add", "Add a member to a project, or change its role.") { project, member, role };
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(access.Read(parsed), parsed.GetValue(project)!, parsed.GetValue(member)!, Words.RoleOf(parsed.GetValue(role)!), cancellationToken));
        return command;
    }

    /// <summary>The option that names a role; owners are people.</summary>
    public static Option<string> Role(bool isForPeople = true)
    {
        var role = new Option<string>("--role")
        {
            Description = "What it may do: 'viewer' sees, 'member' makes things, 'maintainer' changes everything in it" + (isForPeople ? ", 'owner' also the project." : "."),
            HelpName = isForPeople ? "viewer|member|maintainer|owner" : "viewer|member|maintainer",
            DefaultValueFactory = static _ => "member",
        };
        role.AcceptOnlyFromAmong(role.HelpName.Split('|'));
        return role;
    }

    private static async Task<int> RunAsync(HubAccess hub, string project, string member, ProjectRole role, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var added = await api.SetMemberAsync(project, member, role, cancellationToken);
        Screen.Note($"{(added.Kind == MemberKind.Group ? "The group " : "")}{added.Name} is {Words.Of(added.Role)} of {project}.");
        return ExitCode.Ok;
    }
}
