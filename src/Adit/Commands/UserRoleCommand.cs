using System.CommandLine;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit user set-role</c>.</summary>
internal static class UserRoleCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var name = new Argument<string>("NAME") { Description = "The account." };
        var role = new Argument<string>("ROLE") { Description = "user, auditor or admin." };
        role.AcceptOnlyFromAmong("user", "auditor", "admin");
        var command = new Command("set-role", "Set what an account may do on the whole hub. It holds at once, for what is open too.") { name, role };
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(access.Read(parsed), parsed.GetValue(name)!, UserCreateCommand.RoleOf(parsed.GetValue(role)!), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string name, PlatformRole role, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var account = await api.ChangeAccountAsync(name, new ChangeAccountRequest { Role = role }, cancellationToken);
        var more = account.EffectiveRole == account.Role ? "" : $", and {Words.Of(account.EffectiveRole)} by a group";
        Screen.Note($"{name} is {Words.Of(account.Role)}{more}.");
        return ExitCode.Ok;
    }
}
