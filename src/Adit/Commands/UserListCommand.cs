using System.CommandLine;
using Adit.Api;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit user ls</c>.</summary>
internal static class UserListCommand
{
    public static Command Create(HubAccessOptions access) => new ListCommand<UserAccount>
    {
        Description = "List the accounts that you may see.",
        Plural = "accounts",
        List = static (api, _, cancellationToken) => api.ListAccountsAsync(cancellationToken),
        Json = static () => AccountsJson.Default.UserAccount,
        Columns = ["NAME", "KIND", "ROLE", "STATE", "SOURCE", "EMAIL", "LAST SIGN-IN"],
        Row = static a =>
        [
            a.Name,
            a.Kind,
            Words.Of(a.EffectiveRole) + (a.EffectiveRole == a.Role ? "" : " (by a group)"),
            a.State,
            a.Source,
            RequestLine.Safe(a.Email ?? "-"),
            a.LastSignIn is { } at ? Words.Date(at) : "never",
        ],
    }.Create(access);
}
