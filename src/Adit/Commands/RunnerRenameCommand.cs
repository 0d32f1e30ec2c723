using System.CommandLine;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit runner rename</c>.</summary>
internal static class RunnerRenameCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var name = new Argument<string>("NAME") { Description = "The runner." };
        var now = new Argument<string>("NEW-NAME") { Description = "What it shall be called." };
        var command = new Command("rename", "Give a runner another name. Its tasks stay, and the machine need not be told.") { name, now };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(name)!, parsed.GetValue(now)!, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string name, string now, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var runner = await api.ChangeRunnerAsync(name, new ChangeRunnerRequest { Name = now }, cancellationToken);
        Screen.Note($"{name} is called {runner.Name} now.");
        return ExitCode.Ok;
    }
}
