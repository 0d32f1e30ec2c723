using System.CommandLine;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit runner drain|cordon|uncordon|private</c>.</summary>
internal static class RunnerChangeCommand
{
    public static Command Create(HubAccessOptions access, string verb, string description, ChangeRunnerRequest change)
    {
        var name = new Argument<string>("NAME") { Description = "The runner." };
        var command = new Command(verb, description) { name };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(name)!, change, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string name, ChangeRunnerRequest change, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var runner = await api.ChangeRunnerAsync(name, change, cancellationToken);
        Screen.Note(change.IsPrivate == true ? $"{runner.Name} is private: only tasks of {runner.Owner} start there."
        : runner switch
        {
            { IsDraining: true, Tasks: 1 } => $"{runner.Name} is being drained: 1 task is ending.",
            { IsDraining: true, Tasks: > 0 } => $"{runner.Name} is being drained: {runner.Tasks} tasks are ending.",
            { IsDraining: true } => $"{runner.Name} is drained: it has no tasks and gets none.",
            { IsCordoned: true } => $"{runner.Name} is cordoned: it gets no new tasks.",
            _ => $"{runner.Name} gets tasks again.",
        });
        return ExitCode.Ok;
    }
}
