using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit project member ls</c>.</summary>
internal static class ProjectMemberListCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var project = new Argument<string>("PROJECT") { Description = "The project." };
        var json = new Option<bool>("--json") { Description = "Print a JSON array of members." };
        var command = new Command("ls", "List the members of a project.") { project, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(project)!, parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string project, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var members = await api.ListMembersAsync(project, cancellationToken);
        if (json)
        {
            Screen.Line($"[{string.Join(",", members.Select(static m => JsonSerializer.Serialize(m, ProjectsJson.Default.ApiProjectMember)))}]");
            return ExitCode.Ok;
        }

        var table = new Table("NAME", "ROLE", "SINCE");
        foreach (var m in members)
            table.Add((m.Kind == MemberKind.Group ? "group:" : "") + m.Name, Words.Of(m.Role), Words.Date(m.Added));
        Screen.Line(table.ToString());
        return ExitCode.Ok;
    }
}
