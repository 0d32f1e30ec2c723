using System.CommandLine;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit password</c>. Passwords come from standard input: a command line can be seen by others.</summary>
internal static class PasswordCommand
{
    public static Command Create()
    {
        var access = new HubAccessOptions();
        var name = new Argument<string?>("NAME") { Description = "The account; your own by default. Only an admin may name another.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command(
            "password", "Set a password. Read from standard input, a line each: for your own account the one until now (empty when there is none) and the new one; for another's the new one.")
        {
            name,
        };
        access.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(name), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string? name, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var me = await api.WhoAmIAsync(cancellationToken);
        var whose = name ?? me.Account;
        var current = whose == me.Account ? Ask("Password until now (empty when there is none): ") : null;
        var next = Ask($"New password of {whose}: ");
        await api.SetPasswordAsync(whose, new SetPasswordRequest { Current = current is { Length: > 0 } ? current : null, Password = next }, cancellationToken);
        Screen.Note($"The password of {whose} is set; its browsers are signed out.");
        return ExitCode.Ok;
    }

    private static string Ask(string prompt) => Screen.ReadSecret(prompt)
        ?? throw new CommandException(ExitCode.Usage, "Standard input ended before the password; give it on a line of its own.");
}
