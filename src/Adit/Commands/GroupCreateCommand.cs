using System.CommandLine;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit group create</c>.</summary>
internal static class GroupCreateCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var name = new Argument<string>("NAME") { Description = "Its name: a-z, 0-9, '-', '_' and '.'." };
        var role = new Option<string>("--role")
        {
            Description = "The role on the whole hub that its members have at least.", HelpName = "none|user|auditor|admin", DefaultValueFactory = static _ => "none",
        };
        role.AcceptOnlyFromAmong("none", "user", "auditor", "admin");
        var command = new Command("create", "Make a group.") { name, role };
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(access.Read(parsed), parsed.GetValue(name)!, GroupRoleCommand.RoleOf(parsed.GetValue(role)!), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string name, PlatformRole? role, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var group = await api.SetGroupAsync(name, role, cancellationToken);
        Screen.Note($"Made the group {group.Name}. Add members with 'adit group add {group.Name} NAME'.");
        return ExitCode.Ok;
    }
}
