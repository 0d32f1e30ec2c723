using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit project show</c>.</summary>
internal static class ProjectShowCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var name = new Argument<string>("NAME") { Description = "The project." };
        var json = new Option<bool>("--json") { Description = "Print the project as JSON." };
        var command = new Command("show", "Show a project.") { name, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(name)!, parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string name, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var project = await api.GetProjectAsync(name, cancellationToken);
        if (json)
        {
            Screen.Line(JsonSerializer.Serialize(project, ProjectsJson.Default.ApiProject));
            return ExitCode.Ok;
        }

        var table = new Table("NAME", project.Name);
        table.Add("TITLE", RequestLine.Safe(project.Title ?? "-"));
        table.Add("ABOUT", RequestLine.Safe(project.Description ?? "-"));
        table.Add("VISIBILITY", project.Visibility == ProjectVisibility.Internal ? "internal" : "private");
        table.Add("YOUR ROLE", project.Role is { } role ? Words.Of(role) : "-");
        table.Add("MEMBERS", Words.Count(project.Members));
        table.Add("MADE", $"{Words.Date(project.Created)} by {project.CreatedBy}");
        if (project.Ends is { } end)
            table.Add("DELETED", $"can be restored until {Words.Date(end)}");
        Screen.Line(table.ToString());
        return ExitCode.Ok;
    }
}
