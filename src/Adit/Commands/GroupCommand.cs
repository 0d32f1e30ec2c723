using System.CommandLine;

namespace Adit.Commands;

/// <summary><c>adit group</c>: accounts that policies and projects name together.</summary>
internal static class GroupCommand
{
    public static Command Create()
    {
        var access = new HubAccessOptions();
        var command = new Command("group", "Make groups of accounts, for policies, projects and roles.")
        {
            GroupCreateCommand.Create(access),
            GroupListCommand.Create(access),
            GroupShowCommand.Create(access),
            GroupMemberCommand.Create(access, isMember: true),
            GroupMemberCommand.Create(access, isMember: false),
            GroupRoleCommand.Create(access),
            GroupRemoveCommand.Create(access),
        };
        access.AddTo(command);
        return command;
    }
}
