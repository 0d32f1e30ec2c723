using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit group show</c>.</summary>
internal static class GroupShowCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var name = new Argument<string>("NAME") { Description = "The group." };
        var json = new Option<bool>("--json") { Description = "Print the group as JSON." };
        var command = new Command("show", "List the members of a group, and who says that they are.") { name, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(name)!, parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string name, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var group = await api.GetGroupAsync(name, cancellationToken);
        if (json)
        {
            Screen.Line(JsonSerializer.Serialize(group, GroupsJson.Default.AccountGroup));
            return ExitCode.Ok;
        }

        var table = new Table("MEMBER", "SAYS");
        foreach (var member in group.Members ?? [])
            table.Add(member.Account, member.Source);
        Screen.Line(table.ToString());
        return ExitCode.Ok;
    }
}
