using System.CommandLine;
using Adit.Api;

namespace Adit.Commands;

/// <summary><c>adit tunnel tls</c>.</summary>
internal static class TunnelTlsCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var command = new Command(
            "tls",
            "Expose a TLS server under a host name; the hub passes its TLS through untouched. Visitors can show no token, so it takes "
                + "--access public "
            + "(or adit connect).");
        var flags = new TunnelFlags(command, TunnelKind.Tls);
        command.SetAction((parsed, cancellationToken) =>
            TunnelSession.RunAsync(access.Read(parsed), flags.Read(parsed), flags.ReadSession(parsed), cancellationToken));
        return command;
    }
}
