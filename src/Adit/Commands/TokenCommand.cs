using System.CommandLine;

namespace Adit.Commands;

/// <summary><c>adit token</c>.</summary>
internal static class TokenCommand
{
    public static Command Create()
    {
        var access = new HubAccessOptions();
        var command = new Command("token", "Make, list and revoke tokens: what clients and scripts show to the hub.")
        {
            TokenCreateCommand.Create(access),
            TokenListCommand.Create(access),
            TokenRevokeCommand.Create(access),
        };
        access.AddTo(command);
        return command;
    }
}
