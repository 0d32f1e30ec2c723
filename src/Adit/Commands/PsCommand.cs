using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit ps</c>.</summary>
internal static class PsCommand
{
    private const int Most = 1000;
    private const int MostCounted = 100; // One page.

    public static Command Create()
    {
        var access = new HubAccessOptions();
        var all = new Option<bool>("--all", "-a") { Description = "Everybody's that you may see, and not only yours." };
        var ended = new Option<bool>("--ended") { Description = "Also those that are over." };
        var json = new Option<bool>("--json") { Description = "Print a JSON array of tasks." };
        var command = new Command("ps", "List your tasks: what runs, where, and at which address.") { all, ended, json };
        access.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var hub = access.Read(parsed);
            using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
            var tasks = await api.ListTasksAsync(parsed.GetValue(all), parsed.GetValue(ended), Most, cancellationToken);
            if (parsed.GetValue(json))
                Screen.Line($"[{string.Join(",", tasks.Select(static t => JsonSerializer.Serialize(t, TasksJson.Default.ApiTask)))}]");
            else if (tasks.Count == 0)
                Screen.Note((parsed.GetValue(ended) ? "There are no tasks." : "There are no tasks that go on; 'adit ps --ended' shows those that are over.") + " Start one with 'adit launch TEMPLATE'; 'adit template ls' shows what there is.");
            else
                Show(tasks, parsed.GetValue(all));
            if (!parsed.GetValue(json) && !parsed.GetValue(ended) && !parsed.GetValue(all) && tasks.Count > 0)
                await CountEndedAsync(api, tasks, cancellationToken);
            return ExitCode.Ok;
        });
        return command;
    }

    // Who looks for a job that is over finds where it is.
    private static async Task CountEndedAsync(HubApi api, IReadOnlyList<ApiTask> shown, CancellationToken cancellationToken)
    {
        var last = await api.ListTasksAsync(all: false, ended: true, MostCounted, cancellationToken);
        var count = last.ExceptBy(shown.Select(static t => t.Id), static t => t.Id).Count(static t => t.Ended is not null);
        if (count > 0)
            Screen.Note($"{shown.Count} {(shown.Count == 1 ? "task" : "tasks")}; {(last.Count < MostCounted ? "" : "more than ")}{count} ended: 'adit ps --ended'.");
    }

    // What is in trouble and goes on says so below the table.
    private static void Show(IReadOnlyList<ApiTask> tasks, bool withOwner)
    {
        Screen.Line(Table(tasks, withOwner));
        foreach (var task in tasks.Where(static t => t is { Progress: not null, State: TaskState.Starting or TaskState.Ready or TaskState.Stopping }))
            Screen.Note($"{task.Name}: {RequestLine.Safe(task.Progress!)}");
    }

    private static string Table(IReadOnlyList<ApiTask> tasks, bool withOwner)
    {
        var now = TimeProvider.System.GetUtcNow();
        var table = withOwner
            ? new Table(["NAME", "OWNER", "TEMPLATE", "STATE", "RUNNER", "AGE", "CPU", "MEMORY", "ADDRESS"])
            : new Table(["NAME", "TEMPLATE", "STATE", "RUNNER", "AGE", "CPU", "MEMORY", "ADDRESS"]);
        foreach (var t in tasks)
        {
            string[] rest =
            [
                t.Template, StateOf(t), t.Runner ?? "-", TaskWords.Age(now - t.Created),
                t.Usage is null ? "-" : t.Usage.Cpu.ToString("0.0", CultureInfo.InvariantCulture), t.Usage is null ? "-" : ByteWords.Of(t.Usage.MemoryBytes), t.Url ?? "-",
            ];
            table.Add(withOwner ? [t.Name, t.Owner, .. rest] : [t.Name, .. rest]);
        }

        return table.ToString();
    }

    private static string StateOf(ApiTask t) => t switch
    {
        { Queue: { } queue } => $"queued ({queue.Position}.)",
        { State: TaskState.Stopped, Kind: TaskKind.Job, ExitCode: 0 } => "done",
        { State: TaskState.Failed, ExitCode: { } code } => $"failed ({code})",
        _ => TaskWords.Of(t.State),
    };
}
