using System.CommandLine;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit group add</c> and <c>remove</c>.</summary>
internal static class GroupMemberCommand
{
    public static Command Create(HubAccessOptions access, bool isMember)
    {
        var group = new Argument<string>("GROUP") { Description = "The group." };
        var names = new Argument<string[]>("NAME") { Description = "The accounts.", Arity = ArgumentArity.OneOrMore };
        var command = isMember
            ? new Command("add", "Add accounts to a group, which is made when there is none of that name.") { group, names }
            : new Command("remove", "Take accounts out of a group. What a directory says is changed there.") { group, names };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(group)!, parsed.GetValue(names)!, isMember, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string group, string[] names, bool isMember, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        if (isMember)
            await MakeIfMissingAsync(api, group, names, cancellationToken);
        foreach (var name in names)
        {
            await api.SetGroupMemberAsync(group, name, isMember, cancellationToken);
            Screen.Note($"{name} is {(isMember ? "in" : "no longer in")} {group}.");
        }

        return ExitCode.Ok;
    }

    // The accounts first: a name that is nobody's must not leave an empty group behind.
    private static async Task MakeIfMissingAsync(HubApi api, string group, string[] names, CancellationToken cancellationToken)
    {
        if ((await api.ListGroupsAsync(cancellationToken)).Any(g => g.Name == group))
            return;
        foreach (var name in names)
            await api.GetAccountAsync(name, cancellationToken);
        await api.SetGroupAsync(group, null, cancellationToken);
        Screen.Note($"Made the group {group}.");
    }
}
