using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit whoami</c>.</summary>
internal static class WhoAmICommand
{
    public static Command Create()
    {
        var access = new HubAccessOptions();
        var json = new Option<bool>("--json") { Description = "Print it as JSON." };
        var command = new Command("whoami", "Show whose token this is, and what it may do.") { json };
        access.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var me = await api.WhoAmIAsync(cancellationToken);
        if (json)
        {
            Screen.Line(JsonSerializer.Serialize(me, SessionsJson.Default.CurrentSession));
            return ExitCode.Ok;
        }

        var table = new Table("ACCOUNT", me.Account);
        table.Add("ROLE", Words.Of(me.Role));
        table.Add("GROUPS", me.Groups.Count == 0 ? "-" : string.Join(", ", me.Groups));
        table.Add("BY", me.Source);
        table.Add("SCOPES", me.Scopes is null ? "all" : string.Join(' ', me.Scopes));
        table.Add("ENDS", me.Expires is { } end ? Words.Date(end) : "never");
        Screen.Line(table.ToString());
        return ExitCode.Ok;
    }
}
