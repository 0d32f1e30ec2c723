using System.CommandLine;

namespace Adit.Commands;

/// <summary><c>adit project</c>: what people work on together.</summary>
internal static class ProjectCommand
{
    public static Command Create()
    {
        var access = new HubAccessOptions();
        var member = new Command("member", "Say who works on a project.")
        {
            ProjectMemberAddCommand.Create(access),
            ProjectMemberListCommand.Create(access),
            ProjectMemberRemoveCommand.Create(access),
        };
        var command = new Command("project", "Make projects, and say who works on them.")
        {
            ProjectCreateCommand.Create(access),
            ProjectListCommand.Create(access),
            ProjectShowCommand.Create(access),
            ProjectRemoveCommand.Create(access),
            ProjectRestoreCommand.Create(access),
            ProjectServiceCommand.Create(access),
            member,
        };
        access.AddTo(command);
        return command;
    }
}
