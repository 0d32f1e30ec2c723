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
            ? new Command("add", "Add accounts to a group.") { group, names }
            : new Command("remove", "Take accounts out of a group. What a directory says is changed there.") { group, names };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(group)!, parsed.GetValue(names)!, isMember, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string group, string[] names, bool isMember, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        foreach (var name in names)
        {
            await api.SetGroupMemberAsync(group, name, isMember, cancellationToken);
            Screen.Note($"{name} is {(isMember ? "in" : "no longer in")} {group}.");
        }

        return ExitCode.Ok;
    }
}
