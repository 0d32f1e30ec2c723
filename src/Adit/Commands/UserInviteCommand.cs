using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit user invite</c>.</summary>
internal static class UserInviteCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var name = new Argument<string>("NAME") { Description = "The account." };
        var json = new Option<bool>("--json") { Description = "Print the invitation as JSON." };
        var command = new Command("invite", "Print a link with which somebody sets a first or a new password: once, within a week. The link before it ends.") { name, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(name)!, parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string name, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var invitation = await api.InviteAsync(name, cancellationToken);
        Screen.Line(json ? JsonSerializer.Serialize(invitation, AccountsJson.Default.Invitation) : invitation.Url);
        if (!json)
            Screen.Note($"Give this link to {name}; it is good once, until {invitation.Expires:u}.");
        return ExitCode.Ok;
    }
}
