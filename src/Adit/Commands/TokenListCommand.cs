using System.CommandLine;
using Adit.Api;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit token ls</c>.</summary>
internal static class TokenListCommand
{
    public static Command Create(HubAccessOptions access) => new ListCommand<ApiToken>
    {
        Description = "List the tokens that you may see.",
        Plural = "tokens",
        List = static (api, _, cancellationToken) => api.ListTokensAsync(cancellationToken),
        Json = static () => TokensJson.Default.ApiToken,
        Columns = ["ID", "NAME", "ACCOUNT", "RIGHTS", "MADE", "ENDS", "LAST USED", "RUNNERS"],
        Row = static t =>
        [
            t.Id,
            RequestLine.Safe(t.Name),
            t.Account,
            (t.IsAdmin ? "admin" : "own") + (t.Scopes is { } scopes ? " " + string.Join(' ', scopes) : ""),
            Words.Date(t.Created),
            t.Revoked is not null ? "revoked" : t.Expires is { } end ? Words.Date(end) : "never",
            t.LastUsed is { } used ? Words.Date(used) : "never",
            t.Runners.Count > 0 ? string.Join(',', t.Runners) : "-",
        ],
    }.Create(access);
}
