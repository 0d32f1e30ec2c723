using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit project member ls</c>.</summary>
internal static class ProjectMemberListCommand
{
    public static Command Create(HubAccessOptions access) => new ShowCommand<IReadOnlyList<ApiProjectMember>>
    {
        Verb = "ls",
        Description = "List the members of a project.",
        Name = new Argument<string>("PROJECT") { Description = "The project." },
        Prints = "a JSON array of members",
        Get = static (api, project, cancellationToken) => api.ListMembersAsync(project, cancellationToken),
        Json = static members => $"[{string.Join(",", members.Select(static m => JsonSerializer.Serialize(m, ProjectsJson.Default.ApiProjectMember)))}]",
        Text = Describe,
    }.Create(access);

    private static string Describe(IReadOnlyList<ApiProjectMember> members)
    {
        var table = new Table("NAME", "ROLE", "SINCE");
        foreach (var m in members)
            table.Add((m.Kind == MemberKind.Group ? "group:" : "") + m.Name, Words.Of(m.Role), Words.Date(m.Added));
        return table.ToString();
    }
}
