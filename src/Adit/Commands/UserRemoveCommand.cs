using System.CommandLine;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit user rm</c>.</summary>
internal static class UserRemoveCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var names = new Argument<string[]>("NAME") { Description = "The accounts.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("rm", "Delete accounts. Their names stay taken, so that nobody inherits what pointed to them.") { names };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(names)!, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string[] names, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        foreach (var name in names)
        {
            await api.DeleteAccountAsync(name, cancellationToken);
            Screen.Note($"Deleted {name}.");
        }

        return ExitCode.Ok;
    }
}
