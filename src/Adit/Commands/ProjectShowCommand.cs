using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit project show</c>.</summary>
internal static class ProjectShowCommand
{
    public static Command Create(HubAccessOptions access) => new ShowCommand<ApiProject>
    {
        Description = "Show a project.",
        Name = new Argument<string>("NAME") { Description = "The project." },
        Prints = "the project as JSON",
        Get = static (api, name, cancellationToken) => api.GetProjectAsync(name, cancellationToken),
        Json = static project => JsonSerializer.Serialize(project, ProjectsJson.Default.ApiProject),
        Text = Describe,
    }.Create(access);

    private static string Describe(ApiProject project)
    {
        var table = new Table("NAME", project.Name);
        table.Add("TITLE", RequestLine.Safe(project.Title ?? "-"));
        table.Add("ABOUT", RequestLine.Safe(project.Description ?? "-"));
        table.Add("VISIBILITY", project.Visibility == ProjectVisibility.Internal ? "internal" : "private");
        table.Add("YOUR ROLE", project.Role is { } role ? Words.Of(role) : "-");
        table.Add("MEMBERS", Words.Count(project.Members));
        table.Add("MADE", $"{Words.Date(project.Created)} by {project.CreatedBy}");
        if (project.Ends is { } end)
            table.Add("DELETED", $"can be restored until {Words.Date(end)}");
        return table.ToString();
    }
}
