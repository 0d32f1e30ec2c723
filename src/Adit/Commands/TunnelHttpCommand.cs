using System.CommandLine;
using Adit.Api;

namespace Adit.Commands;

/// <summary><c>adit tunnel http</c>.</summary>
internal static class TunnelHttpCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var command = new Command(
            "http", "Expose an HTTP server (also WebSocket, server-sent events and gRPC) under a host name of the hub.");
        var flags = new TunnelFlags(command, TunnelKind.Http);
        command.SetAction((parsed, cancellationToken) =>
            TunnelSession.RunAsync(access.Read(parsed), flags.Read(parsed), flags.ReadSession(parsed), cancellationToken));
        return command;
    }
}
