using System.CommandLine;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit runner share</c>: asks for a second word where it gives the hub away.</summary>
internal static class RunnerShareCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var name = new Argument<string>("NAME") { Description = "The runner." };
        var yes = new Option<bool>("--yes") { Description = "Also the runner of 'adit up', whose tasks run as the hub's own user: they can read all that the hub keeps, its keys and tokens too." };
        var command = new Command("share", "Let everybody's tasks run on an admin's runner, also one that was started as private. They run as the runner's user there.") { name, yes };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(name)!, parsed.GetValue(yes), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string name, bool isSure, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var isHubUser = (await api.ListRunnersAsync(cancellationToken)).Any(r => r.Name == name && r.Facts is { IsHubUser: true });
        if (isHubUser && !isSure)
        {
            Screen.Error($"{name} is the runner of 'adit up': tasks of everybody would run as the hub's own user, who can read all that the hub keeps, its keys and tokens too. "
                + $"Add a runner with a user of its own instead ('adit runner token create'), or say 'adit runner share {name} --yes' if all who can sign in may as well be admins.");
            return ExitCode.Failed;
        }

        var runner = await api.ChangeRunnerAsync(name, new ChangeRunnerRequest { IsPrivate = false, SharesHubUser = isHubUser ? true : null }, cancellationToken);
        Screen.Note($"{runner.Name} is shared: everybody's tasks may start there, as the user that the runner runs as.");
        if (isHubUser)
            Screen.Note($"That is the hub's own user, who can read all that the hub keeps. 'adit runner private {runner.Name}' takes it back.");
        return ExitCode.Ok;
    }
}
