using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit group show</c>.</summary>
internal static class GroupShowCommand
{
    public static Command Create(HubAccessOptions access) => new ShowCommand<AccountGroup>
    {
        Description = "List the members of a group, and who says that they are.",
        Name = new Argument<string>("NAME") { Description = "The group." },
        Prints = "the group as JSON",
        Get = static (api, name, cancellationToken) => api.GetGroupAsync(name, cancellationToken),
        Json = static group => JsonSerializer.Serialize(group, GroupsJson.Default.AccountGroup),
        Text = Describe,
    }.Create(access);

    private static string Describe(AccountGroup group)
    {
        var table = new Table("MEMBER", "SAYS");
        foreach (var member in group.Members ?? [])
            table.Add(member.Account, member.Source);
        return table.ToString();
    }
}
