using System.CommandLine;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit token revoke</c>.</summary>
internal static class TokenRevokeCommand
{
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
            await api.RevokeTokenAsync(id, cancellationToken);
            Screen.Note($"Revoked {id}.");
        }

        return ExitCode.Ok;
    }
}
