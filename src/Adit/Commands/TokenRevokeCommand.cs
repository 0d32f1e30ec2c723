using System.CommandLine;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit token revoke</c>.</summary>
internal static class TokenRevokeCommand
{
    private const int MostNamed = 20;

    public static Command Create(HubAccessOptions access)
    {
        var ids = new Argument<string[]>("ID") { Description = "The tokens' ids, from 'adit token ls'.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("revoke", "Revoke tokens: whatever uses them stops at once.") { ids };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(ids)!, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string[] ids, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        foreach (var id in ids)
        {
            var left = await api.RevokeTokenAsync(id, cancellationToken);
            Screen.Note($"Revoked {id}.");
            if (left is not null)
                Screen.Note(TextOf(left));
        }

        return ExitCode.Ok;
    }

    private static string TextOf(RevokedToken left) =>
        $"It was the token of the runner{(left.Runners.Count == 1 ? "" : "s")} {string.Join(", ", left.Runners)}, cut off now. "
            + (left.Tasks.Count == 0
                ? "No task is left there."
                : $"Left running there, out of the hub's reach: {string.Join(", ", left.Tasks.Take(MostNamed))}{(left.Tasks.Count > MostNamed ? $" and {left.Tasks.Count - MostNamed} more" : "")}. Start the runner with another token of its owner to take them up, or end them on the machine.");
}
