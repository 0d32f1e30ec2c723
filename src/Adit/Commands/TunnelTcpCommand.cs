using System.CommandLine;
using Adit.Api;

namespace Adit.Commands;

/// <summary><c>adit tunnel tcp</c>.</summary>
internal static class TunnelTcpCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var command = new Command("tcp", "Expose a TCP port on a port of the hub, or privately for adit connect.");
        var flags = new TunnelFlags(command, TunnelKind.Tcp);
        command.SetAction((parsed, cancellationToken) =>
            TunnelSession.RunAsync(access.Read(parsed), flags.Read(parsed), flags.ReadSession(parsed), cancellationToken));
        return command;
    }
}
