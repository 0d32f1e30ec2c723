using System.CommandLine;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit group rm</c>.</summary>
internal static class GroupRemoveCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var names = new Argument<string[]>("NAME") { Description = "The groups.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("rm", "Delete groups. Their members stay; what was shared with the group is theirs no more.") { names };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(names)!, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string[] names, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        foreach (var name in names)
        {
            await api.DeleteGroupAsync(name, cancellationToken);
            Screen.Note($"Deleted {name}.");
        }

        return ExitCode.Ok;
    }
}
