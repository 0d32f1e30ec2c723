using System.CommandLine;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit access consents rm</c>.</summary>
internal static class AccessConsentsRemoveCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var names = new Argument<string[]>("NAME") { Description = "The applications, as 'adit access consents ls' names them.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("rm", "Take consents back. What is open through them is closed; the next visit asks again.") { names };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(names)!, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string[] names, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        foreach (var name in names)
        {
            await api.RemoveConsentAsync(name, cancellationToken);
            Screen.Note($"Took back the consent to {name}.");
        }

        return ExitCode.Ok;
    }
}
