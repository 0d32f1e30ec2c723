using System.CommandLine;

namespace Adit.Commands;

/// <summary><c>adit access</c>.</summary>
internal static class AccessCommand
{
    public static Command Create()
    {
        var access = new HubAccessOptions();
        var command = new Command("access", "Find out who may open what, and why; show tunnels in pages of other sites; see what learns who you are.")
        {
            AccessExplainCommand.Create(access),
            AccessEmbedCommand.Create(access),
            AccessConsentsCommand.Create(access),
        };
        access.AddTo(command);
        return command;
    }
}
