using System.CommandLine;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit user disable</c> and <c>enable</c>: one change for several accounts.</summary>
internal static class UserChangeCommand
{
    public static Command Create(HubAccessOptions access, string verb, string description, ChangeAccountRequest change, string done)
    {
        var names = new Argument<string[]>("NAME") { Description = "The accounts.", Arity = ArgumentArity.OneOrMore };
        var command = new Command(verb, description) { names };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(names)!, change, done, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string[] names, ChangeAccountRequest change, string done, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        foreach (var name in names)
        {
            await api.ChangeAccountAsync(name, change, cancellationToken);
            Screen.Note($"{done} {name}.");
        }

        return ExitCode.Ok;
    }
}
