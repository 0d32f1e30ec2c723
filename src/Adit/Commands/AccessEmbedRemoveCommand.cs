using System.CommandLine;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit access embed rm</c>.</summary>
internal static class AccessEmbedRemoveCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var tunnel = new Argument<string>("TUNNEL") { Description = "The http tunnel." };
        var ids = new Argument<string[]>("ID") { Description = "The grants' ids, from 'adit access embed ls'.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("rm", "Take grants back: what they opened ends at once.") { tunnel, ids };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(tunnel)!, parsed.GetValue(ids)!, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string tunnel, string[] ids, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        foreach (var id in ids)
        {
            await api.RemoveEmbedAsync(tunnel, id, cancellationToken);
            Screen.Note($"Removed {id}.");
        }

        return ExitCode.Ok;
    }
}
