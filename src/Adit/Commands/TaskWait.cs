using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary>
/// Waits for a task that was just started: a session until it is ready, a job until it ends. Ctrl-C ends a job that is waited for, and leaves
/// a session alone.
/// </summary>
internal sealed class TaskWait(HubApi api, TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private string? _said;

    /// <summary>Waits, and returns the exit code.</summary>
    public async Task<int> RunAsync(ApiTask task, LaunchOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return task.Kind == TaskKind.Job ? await JobAsync(task, options, cancellationToken) : await SessionAsync(task, options, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            if (task.Kind != TaskKind.Job)
            {
                Screen.Note($"{task.Name} goes on; see 'adit ps', and 'adit stop {task.Name}' to end it.");
                throw;
            }

            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10), time);
            await api.StopTaskAsync(task.Id, patience.Token);
            Screen.Note($"{task.Name} is told to end.");
            throw;
        }
    }

    private async Task<int> SessionAsync(ApiTask task, LaunchOptions options, CancellationToken cancellationToken)
    {
        task = await UntilAsync(task, static t => t.State is TaskState.Ready or TaskState.Stopped or TaskState.Failed, cancellationToken);
        if (task.State != TaskState.Ready)
            return Failed(task, options);
        LaunchCommand.Show(task, options.Json);
        if (options.Open && task.Ports is [{ Tunnel: var tunnel }, ..] && task.Url is not null)
        {
            // A browser that does not come up does not always say so, and there may be none on this machine.
            var link = (await api.CreateSignInLinkAsync(tunnel, cancellationToken)).Url;
            Screen.Note($"In a browser elsewhere, within a minute and once: {link}");
            Browser.Open(link, static note => Screen.Note(note));
        }

        return ExitCode.Ok;
    }

    private async Task<int> JobAsync(ApiTask task, LaunchOptions options, CancellationToken cancellationToken)
    {
        task = await UntilAsync(task, static t => t.State is not (TaskState.Queued or TaskState.Scheduled or TaskState.Preparing), cancellationToken);
        var end = await LogPrinter.FollowAsync(api, task.Id, from: 1, tail: 0, json: false, toError: options.Json, cancellationToken);
        task = await api.GetTaskAsync(task.Id, cancellationToken);
        if (options.Json)
            LaunchCommand.Show(task, json: true);
        if (task.State == TaskState.Stopped && (task.ExitCode ?? 0) == 0)
            return ExitCode.Ok;
        if (task.ExitCode is null or 0 || end is null)
            Screen.Error($"{task.Name} {TaskWords.Is(task.State)}{(task.Reason is null ? "" : $": {RequestLine.Safe(task.Reason)}")}");
        return task.ExitCode is { } code and not 0 ? code : ExitCode.Failed;
    }

    private async Task<ApiTask> UntilAsync(ApiTask task, Func<ApiTask, bool> isThere, CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        while (!isThere(task))
        {
            Say(task);
            await Task.Delay(pause, time, cancellationToken);
            pause = pause * 1.3 < LongestPause ? pause * 1.3 : LongestPause;
            task = await api.GetTaskAsync(task.Id, cancellationToken);
        }

        return task;
    }

    // One line for each thing that is new, on standard error.
    private void Say(ApiTask task)
    {
        var text = task switch
        {
            { Queue: { } queue } => $"{task.Name} is {queue.Position}. in the queue: {queue.Reason}",
            { Progress: { } progress } => $"{task.Name} {TaskWords.Is(task.State)} on {task.Runner}: {RequestLine.Safe(progress)}",
            { Runner: { } runner } => $"{task.Name} {TaskWords.Is(task.State)} on {runner}",
            _ => $"{task.Name} {TaskWords.Is(task.State)}",
        };
        if (text == _said)
            return;
        _said = text;
        Screen.Note(text);
    }

    private static int Failed(ApiTask task, LaunchOptions options)
    {
        if (options.Json)
            LaunchCommand.Show(task, json: true);
        foreach (var line in task.LastLines ?? [])
            Screen.Note("  " + RequestLine.Safe(line));
        Screen.Error($"{task.Name} {TaskWords.Is(task.State)}{(task.Reason is null ? "" : $": {RequestLine.Safe(task.Reason)}")} See 'adit logs {task.Name}'.");
        return ExitCode.Failed;
    }
}
