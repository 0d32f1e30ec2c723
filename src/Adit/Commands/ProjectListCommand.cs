using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit project ls</c>.</summary>
internal static class ProjectListCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var deleted = new Option<bool>("--deleted") { Description = "Those that are deleted and can still be restored." };
        var json = new Option<bool>("--json") { Description = "Print a JSON array of projects." };
        var command = new Command("ls", "List the projects that you may see.") { deleted, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(deleted), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, bool areDeleted, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var projects = await api.ListProjectsAsync(areDeleted, cancellationToken);
        if (json)
        {
            Screen.Line($"[{string.Join(",", projects.Select(static p => JsonSerializer.Serialize(p, ProjectsJson.Default.ApiProject)))}]");
            return ExitCode.Ok;
        }

        if (projects.Count == 0)
        {
            Screen.Note(areDeleted ? "No project waits for its end." : "There are no projects. Make one with 'adit project create NAME'.");
            return ExitCode.Ok;
        }

        var table = new Table("NAME", "TITLE", "VISIBILITY", "YOUR ROLE", "MEMBERS", areDeleted ? "ENDS" : "MADE");
        foreach (var p in projects)
        {
            table.Add(
                p.Name, RequestLine.Safe(p.Title ?? "-"), p.Visibility == ProjectVisibility.Internal ? "internal" : "private",
                p.Role is { } role ? Words.Of(role) : "-", Words.Count(p.Members), Words.Date(p.Ends ?? p.Created));
        }

        Screen.Line(table.ToString());
        return ExitCode.Ok;
    }
}
