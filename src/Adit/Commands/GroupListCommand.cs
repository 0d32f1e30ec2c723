using System.CommandLine;
using Adit.Api;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit group ls</c>.</summary>
internal static class GroupListCommand
{
    public static Command Create(HubAccessOptions access) => new ListCommand<AccountGroup>
    {
        Description = "List the groups that you may see.",
        Plural = "groups",
        List = static (api, _, cancellationToken) => api.ListGroupsAsync(cancellationToken),
        Json = static () => GroupsJson.Default.AccountGroup,
        Columns = ["NAME", "ROLE", "MEMBERS", "MADE"],
        Row = static g => [g.Name, g.Role is { } role ? Words.Of(role) : "-", Words.Count(g.Size), Words.Date(g.Created)],
        Empty = "There are no groups that you may see. An admin makes one with 'adit group create NAME'.",
    }.Create(access);
}
