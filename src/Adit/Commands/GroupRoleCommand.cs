using System.CommandLine;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit group set-role</c>.</summary>
internal static class GroupRoleCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var name = new Argument<string>("NAME") { Description = "The group." };
        var role = new Argument<string>("ROLE") { Description = "none, user, auditor or admin." };
        role.AcceptOnlyFromAmong("none", "user", "auditor", "admin");
        var command = new Command("set-role", "Set the role on the whole hub that members of a group have at least.") { name, role };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(name)!, RoleOf(parsed.GetValue(role)!), cancellationToken));
        return command;
    }

    /// <summary>The role of a word; null for none.</summary>
    public static PlatformRole? RoleOf(string word) => word == "none" ? null : UserCreateCommand.RoleOf(word);

    private static async Task<int> RunAsync(HubAccess hub, string name, PlatformRole? role, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        await api.GetGroupAsync(name, cancellationToken); // Setting the role of what there is not would make it.
        await api.SetGroupAsync(name, role, cancellationToken);
        Screen.Note(role is { } given ? $"Members of {name} are at least {Words.Of(given)}." : $"{name} gives its members no role.");
        return ExitCode.Ok;
    }
}
