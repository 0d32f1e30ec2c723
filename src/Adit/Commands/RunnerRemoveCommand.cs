using System.CommandLine;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit runner rm</c>.</summary>
internal static class RunnerRemoveCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var name = new Argument<string>("NAME") { Description = "The runner." };
        var command = new Command("rm", "Forget a runner that has no tasks. One that still runs comes back as a new one: end it, or revoke its token.") { name };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(name)!, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string name, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        await api.RemoveRunnerAsync(name, cancellationToken);
        Screen.Note($"{name} is forgotten.");
        return ExitCode.Ok;
    }
}
