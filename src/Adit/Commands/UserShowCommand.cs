using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit user show</c>.</summary>
internal static class UserShowCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var name = new Argument<string>("NAME") { Description = "The account." };
        var json = new Option<bool>("--json") { Description = "Print the account as JSON." };
        var command = new Command("show", "Show an account.") { name, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(name)!, parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string name, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var account = await api.GetAccountAsync(name, cancellationToken);
        if (json)
        {
            Screen.Line(JsonSerializer.Serialize(account, AccountsJson.Default.UserAccount));
            return ExitCode.Ok;
        }

        var table = new Table("NAME", account.Name);
        table.Add("KIND", account.Kind);
        table.Add("ROLE", Words.Of(account.EffectiveRole) + (account.EffectiveRole == account.Role ? "" : $" (its own: {Words.Of(account.Role)})"));
        table.Add("STATE", account.State);
        table.Add("SOURCE", account.Source);
        table.Add("CALLED", RequestLine.Safe(account.DisplayName ?? "-"));
        table.Add("EMAIL", RequestLine.Safe(account.Email ?? "-"));
        table.Add("GROUPS", account.Groups.Count == 0 ? "-" : string.Join(", ", account.Groups));
        table.Add("MADE", Words.Date(account.Created));
        table.Add("LAST SIGN-IN", account.LastSignIn is { } at ? Words.Date(at) : "never");
        Screen.Line(table.ToString());
        return ExitCode.Ok;
    }
}
