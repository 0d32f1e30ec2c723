using System.CommandLine;
using Adit.Api;

namespace Adit.Commands;

/// <summary><c>adit user</c>: who may use the hub.</summary>
internal static class UserCommand
{
    public static Command Create()
    {
        var access = new HubAccessOptions();
        var command = new Command("user", "Make, list and change accounts.")
        {
            UserCreateCommand.Create(access),
            UserListCommand.Create(access),
            UserShowCommand.Create(access),
            UserInviteCommand.Create(access),
            UserChangeCommand.Create(access, "disable", "Disable accounts: their sessions, tokens and links end at once.", new ChangeAccountRequest { State = "disabled" }, "Disabled"),
            UserChangeCommand.Create(access, "enable", "Let disabled accounts in again.", new ChangeAccountRequest { State = "active" }, "Enabled"),
            UserRoleCommand.Create(access),
            UserRemoveCommand.Create(access),
        };
        access.AddTo(command);
        return command;
    }
}
