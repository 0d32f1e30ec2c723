using System.CommandLine;
using Adit.Api;
using Adit.Runner.Agent;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit runner</c>: the agent on a machine that executes tasks, and what is said about runners.</summary>
internal static class RunnerCommand
{
    public static Command Create()
    {
        var access = new HubAccessOptions();
        var flags = new RunnerFlags();
        var command = new Command(
            "runner",
            "Run a runner: this machine executes tasks for a hub, which it dials itself. Needs a runner token ('adit runner token create'). Its tasks "
                + "go on when it ends, and the next one with the same --data takes them up.")
        {
            RunnerTokenCommand.Create(access),
            RunnerListCommand.Create(access),
            RunnerChangeCommand.Create(access, "drain", "End a runner's tasks, and give it no new ones.", new ChangeRunnerRequest { Drain = true }),
            RunnerChangeCommand.Create(access, "cordon", "Give a runner no new tasks; those it has go on.", new ChangeRunnerRequest { Cordon = true }),
            RunnerChangeCommand.Create(access, "uncordon", "Give a runner tasks again, after drain or cordon.", new ChangeRunnerRequest { Cordon = false, Drain = false }),
            RunnerChangeCommand.Create(access, "private", "Let only its owner's tasks run on a runner; those it has go on.", new ChangeRunnerRequest { IsPrivate = true }),
            RunnerShareCommand.Create(access),
            RunnerRenameCommand.Create(access),
            RunnerRemoveCommand.Create(access),
        };
        flags.AddTo(command);
        access.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), flags.Read(parsed), cancellationToken));
        return command;
    }

    /// <summary>Runs one until the signal to end.</summary>
    public static async Task<int> RunAsync(HubAccess hub, RunnerOptions options, CancellationToken cancellationToken)
    {
        await using var agent = RunnerAgent.Open(hub, options);
        var isFirst = true;
        agent.Ready += name =>
        {
            if (!isFirst)
            {
                Screen.Note("The link is up again.");
                return;
            }

            isFirst = false;
            Screen.Line($"adit runner {ProductVersion.Text} is ready as {name} on {hub.Url.GetLeftPart(UriPartial.Authority)}");
            foreach (var warning in agent.Warnings)
                Screen.Note("  (!) " + RequestLine.Safe(warning));
        };
        agent.Noted += static note => Screen.Note(note.Text);
        await agent.RunAsync(cancellationToken);
        return ExitCode.Ok;
    }
}
