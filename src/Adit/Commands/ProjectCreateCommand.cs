using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit project create</c>.</summary>
internal static class ProjectCreateCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var name = new Argument<string>("NAME") { Description = "Its name: a-z, 0-9 and hyphens. It never changes." };
        var title = new Option<string?>("--title") { Description = "What people call it.", HelpName = "TEXT" };
        var description = new Option<string?>("--description") { Description = "What it is about.", HelpName = "TEXT" };
        var visibility = new Option<string>("--visibility")
        {
            Description = "Who knows that it exists: 'private' (its members) or 'internal' (everyone signed in).", HelpName = "private|internal",
            DefaultValueFactory = static _ => "private",
        };
        visibility.AcceptOnlyFromAmong("private", "internal");
        var json = new Option<bool>("--json") { Description = "Print the project as JSON." };
        var command = new Command("create", "Make a project; you are its first owner.") { name, title, description, visibility, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            access.Read(parsed),
            new CreateProjectRequest
            {
                Name = parsed.GetValue(name)!,
                Title = parsed.GetValue(title),
                Description = parsed.GetValue(description),
                Visibility = parsed.GetValue(visibility) == "internal" ? ProjectVisibility.Internal : ProjectVisibility.Private,
            },
            parsed.GetValue(json),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, CreateProjectRequest request, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var project = await api.CreateProjectAsync(request, cancellationToken);
        if (json)
            Screen.Line(JsonSerializer.Serialize(project, ProjectsJson.Default.ApiProject));
        else
            Screen.Note($"Made the project {project.Name}. Add members with 'adit project member add {project.Name} NAME --role member'.");
        return ExitCode.Ok;
    }
}
