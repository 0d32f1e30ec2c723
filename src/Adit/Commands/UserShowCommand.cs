using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit user show</c>.</summary>
internal static class UserShowCommand
{
    public static Command Create(HubAccessOptions access) => new ShowCommand<UserAccount>
    {
        Description = "Show an account.",
        Name = new Argument<string>("NAME") { Description = "The account." },
        Prints = "the account as JSON",
        Get = static (api, name, cancellationToken) => api.GetAccountAsync(name, cancellationToken),
        Json = static account => JsonSerializer.Serialize(account, AccountsJson.Default.UserAccount),
        Text = Describe,
    }.Create(access);

    private static string Describe(UserAccount account)
    {
        var table = new Table("NAME", account.Name);
        table.Add("KIND", account.Kind + (account.Project is { } project ? $" of the project {project}" : ""));
        table.Add("ROLE", Words.Of(account.EffectiveRole) + (account.EffectiveRole == account.Role ? "" : $" (its own: {Words.Of(account.Role)})"));
        table.Add("STATE", account.State);
        table.Add("SOURCE", account.Source);
        table.Add("CALLED", RequestLine.Safe(account.DisplayName ?? "-"));
        table.Add("EMAIL", RequestLine.Safe(account.Email ?? "-"));
        table.Add("GROUPS", account.Groups.Count == 0 ? "-" : string.Join(", ", account.Groups));
        table.Add("MADE", Words.Date(account.Created));
        table.Add("LAST SIGN-IN", account.LastSignIn is { } at ? Words.Date(at) : "never");
        return table.ToString();
    }
}
