using System.CommandLine;

namespace Adit.Commands;

/// <summary><c>adit tunnel</c>: public names bound to addresses that this machine can reach.</summary>
internal static class TunnelCommand
{
    public static Command Create()
    {
        var access = new HubAccessOptions();
        var command = new Command("tunnel", "Give local ports a name on the hub.")
        {
            TunnelHttpCommand.Create(access),
            TunnelTcpCommand.Create(access),
            TunnelTlsCommand.Create(access),
            TunnelRunCommand.Create(access),
            TunnelListCommand.Create(access),
            TunnelRemoveCommand.Create(access),
            TunnelRequestsCommand.Create(access),
        };
        access.AddTo(command);
        return command;
    }
}
