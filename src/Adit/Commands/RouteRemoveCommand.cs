using System.CommandLine;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit route rm</c>.</summary>
internal static class RouteRemoveCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var names = new Argument<string[]>("NAME") { Description = "The routes.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("rm", "Remove external routes: the hub lets nobody pass there any more.") { names };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(names)!, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string[] names, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        foreach (var name in names)
        {
            await api.RemoveExternalRouteAsync(name, cancellationToken);
            Screen.Note($"Removed {name}. Its proxy is told no for whoever comes.");
        }

        return ExitCode.Ok;
    }
}
