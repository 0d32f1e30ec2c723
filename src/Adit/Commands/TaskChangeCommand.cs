using System.CommandLine;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit stop|restart|rm</c>.</summary>
internal static class TaskChangeCommand
{
    public static Command Stop() => Create("stop", "End a task in order.", static async (api, task, cancellationToken) =>
        Say(await api.StopTaskAsync(task, cancellationToken)));

    public static Command Restart() => Create("restart", "Start a task again, as it was launched: at once, or as soon as it has ended.", static async (api, task, cancellationToken) =>
        Say(await api.RestartTaskAsync(task, cancellationToken), isToStartAgain: true));

    public static Command Remove() => Create("rm", "Remove a task that has ended: its name and address are free.", static async (api, task, cancellationToken) =>
    {
        await api.RemoveTaskAsync(task, cancellationToken);
        Screen.Note($"{task} is removed.");
    });

    private static Command Create(string verb, string description, Func<HubApi, string, CancellationToken, Task> change)
    {
        var access = new HubAccessOptions();
        var task = new Argument<string>("TASK") { Description = "Its name, or its id." };
        var command = new Command(verb, description) { task };
        access.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var hub = access.Read(parsed);
            using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
            await change(api, parsed.GetValue(task)!, cancellationToken);
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Say(ApiTask task, bool isToStartAgain = false) => Screen.Note(isToStartAgain && task.State == TaskState.Stopping
        ? $"{task.Name} is stopping and starts again then."
        : task is { IsWanted: false, Progress: { } waits } && waits.StartsWith("waits for its runner", StringComparison.Ordinal)
        ? $"{task.Name} {TaskWords.Is(task.State)}: it {RequestLine.Safe(waits)}. It ends when that is back; 'adit runner ls' shows the runners."
        : $"{task.Name} {TaskWords.Is(task.State)}.");
}
