using System.CommandLine;

namespace Adit.Commands;

/// <summary><c>adit access</c>.</summary>
internal static class AccessCommand
{
    public static Command Create()
    {
        var access = new HubAccessOptions();
        var command = new Command("access", "Find out who may open what, and why.") { AccessExplainCommand.Create(access) };
        access.AddTo(command);
        return command;
    }
}
