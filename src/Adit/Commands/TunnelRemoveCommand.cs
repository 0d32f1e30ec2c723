using System.CommandLine;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit tunnel rm</c>.</summary>
internal static class TunnelRemoveCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var names = new Argument<string[]>("NAME") { Description = "The tunnels to remove.", Arity = ArgumentArity.OneOrMore };
        var command = new Command(
            "rm", "Remove tunnels: their names are free at once, and clients that serve them stop doing so.") { names };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(names)!, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string[] names, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        foreach (var name in names)
        {
            await api.DeleteTunnelAsync(name, cancellationToken);
            Screen.Note($"Removed {name}.");
        }

        return ExitCode.Ok;
    }
}
