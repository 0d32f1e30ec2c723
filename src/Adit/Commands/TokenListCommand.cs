using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit token ls</c>.</summary>
internal static class TokenListCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var json = new Option<bool>("--json") { Description = "Print a JSON array of tokens." };
        var command = new Command("ls", "List the tokens that you may see.") { json };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var tokens = await api.ListTokensAsync(cancellationToken);
        if (json)
        {
            Screen.Line($"[{string.Join(",", tokens.Select(static t => JsonSerializer.Serialize(t, TokensJson.Default.ApiToken)))}]");
            return ExitCode.Ok;
        }

        var table = new Table("ID", "NAME", "ACCOUNT", "RIGHTS", "MADE", "ENDS", "LAST USED");
        foreach (var t in tokens)
        {
            table.Add(
                t.Id,
                RequestLine.Safe(t.Name),
                t.Account,
                t.IsAdmin ? "admin" : "own",
                Words.Date(t.Created),
                t.Revoked is not null ? "revoked" : t.Expires is { } end ? Words.Date(end) : "never",
                t.LastUsed is { } used ? Words.Date(used) : "never");
        }

        Screen.Line(table.ToString());
        return ExitCode.Ok;
    }
}
