using System.Net;
using Adit.Api;
using Adit.Content.Files;
using Adit.Runner.Executors;
using Adit.Runner.Hubs;
using Adit.Runner.Workspaces;

namespace Adit.Runner.Agent;

/// <summary>The workspace of a task: checked out before it starts, kept now and then while it runs, and kept before its end is said. Until then its home stays.</summary>
internal sealed partial class AgentTask
{
    private const string UnsavedDirectory = "unsaved";
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _saving = new(1, 1); // One scan of the home at a time.
    private Task _keeping = Task.CompletedTask;

    /// <summary>Makes a snapshot now.</summary>
    /// <returns>It; otherwise why there is none, for people.</returns>
    public async Task<(CreatedSnapshot? Made, string? Refusal)> SnapshotAsync(string? message)
    {
        WorkspaceSpec? workspace;
        lock (_lock)
            workspace = _execution is null ? null : _memory.Spec.Workspace;
        if (workspace is null || _workspaces is null || _execution is not { } execution || execution.Ended.IsCompleted)
            return (null, "it does not run");
        try
        {
            return (await SaveAsync(workspace, "manual", message, isLast: false, new Silence()), null);
        }
        catch (Exception e) when (e is HubApiException or HttpRequestException or IOException or UnauthorizedAccessException)
        {
            return (null, e.Message);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            return (null, "its runner is being ended");
        }
    }

    private async Task CheckOutAsync(TaskMemory memory, CancellationToken cancellationToken)
    {
        if (memory.Spec.Workspace is null)
            return;
        if (_workspaces is null)
            throw new StartFailed("This runner knows nothing of workspaces.", null);
        await _saving.WaitAsync(cancellationToken);
        try
        {
            await _workspaces.CheckOutAsync(_place, memory.Spec, new Progress(this), Say, cancellationToken);
        }
        catch (HubApiException e) when (IsFinal(e))
        {
            throw new StartFailed($"Its workspace '{memory.Spec.Workspace.Path}' cannot be checked out: {e.Message}", e);
        }
        catch (Exception e) when (e is CannotWriteException or UnauthorizedAccessException || (OperatingSystem.IsLinux() && Posix.IsDiskFull(e)))
        {
            throw new StartFailed($"Its workspace '{memory.Spec.Workspace.Path}' cannot be checked out: {e.Message}", e);
        }
        finally
        {
            _saving.Release();
        }
    }

    // What the hub does not have of a home that is about to go. Tried until the hub has it, or says for good that it will not: then it is put aside, and a sentence says where.
    private async Task<string?> SaveLastAsync(TaskMemory memory)
    {
        if (_workspaces is null || memory.Spec.Workspace is not { } workspace || WorkspaceMemory.Read(_place) is not { IsOpen: true } open)
            return null;
        if (Seen.State != TaskState.Stopping)
            Note(See(memory, TaskState.Stopping, null));
        for (var pause = AgainAfter; ; pause = pause < LongestPause ? 2 * pause : LongestPause)
        {
            try
            {
                var made = await SaveAsync(workspace, "stop", null, isLast: true, new Progress(this));
                return made is { IsDiverged: true } ? $"Its workspace had gone on from elsewhere: what was changed here is on the branch '{made.Branch}'." : null;
            }
            catch (Exception e) when ((e is HubApiException problem && IsFinal(problem)) || e is UnreadableException)
            {
                return PutAside(open, e.Message);
            }
            catch (Exception e) when (e is HubApiException or HttpRequestException or IOException or UnauthorizedAccessException)
            {
                Note(Seen with { Progress = $"its workspace is not saved yet, trying again: {e.Message}" });
                await Task.Delay(pause, _time, _ending.Token);
            }
        }
    }

    // Nobody has it but this machine, and nobody but a person removes it.
    private string PutAside(WorkspaceMemory open, string why)
    {
        var aside = Path.Combine(_place.Data, UnsavedDirectory, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Id}-{open.Attempt}"));
        TaskPlace.CreateDirectory(Path.GetDirectoryName(aside)!);
        if (Directory.Exists(_place.Home(null)))
            Directory.Move(_place.Home(null), aside);
        (open with { IsOpen = false }).Write(_place);
        var sentence = $"Its workspace could not be saved: {why} Its files are on the runner, in '{aside}'.";
        Say(sentence);
        return sentence;
    }

    // Where nothing runs any more, or ever did, but an earlier start may have left something.
    private async Task<string?> SaveLeftAsync(IExecutor executor, TaskMemory memory)
    {
        if (memory.Spec.Workspace is null || WorkspaceMemory.Read(_place) is not { IsOpen: true } open)
            return null;
        if (open.Attempt < memory.Spec.Attempt)
            await EndEarlierAsync(executor, memory);
        return await SaveLastAsync(memory);
    }

    // Now and then while it runs, where something changed.
    private async Task KeepAsync(WorkspaceSpec workspace, IExecution execution)
    {
        var isTold = false;
        while (workspace.SnapshotSeconds > 0 && !_ending.IsCancellationRequested)
        {
            var due = Task.Delay(TimeSpan.FromSeconds(workspace.SnapshotSeconds), _time, _ending.Token);
            if (await Task.WhenAny(due, execution.Ended) != due || due.IsCanceled)
                return;
            try
            {
                await SaveAsync(workspace, "schedule", null, isLast: false, new Silence());
                isTold = false;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                if (!isTold)
                    Say($"Its workspace could not be saved, and is tried again in {workspace.SnapshotSeconds} s: {e.Message}");
                isTold = true;
            }
            catch (OperationCanceledException)
            {
                // Not connected for long, or this process ends.
            }
        }
    }

    private async Task<CreatedSnapshot?> SaveAsync(WorkspaceSpec workspace, string cause, string? message, bool isLast, IProgress<string> progress)
    {
        await _saving.WaitAsync(_ending.Token);
        try
        {
            return await _workspaces!.SaveAsync(_place, workspace, cause, message, isLast, progress, Say, _ending.Token);
        }
        finally
        {
            _saving.Release();
        }
    }

    private static bool IsFinal(HubApiException e) => e.Code is "workspace-gone" or "workspace-closed" or "exists" || e.Status == HttpStatusCode.BadRequest;

    private void Say(string text)
    {
        try
        {
            Spool?.Say(text);
        }
        catch (IOException)
        {
            // The disk is full, and what matters is said in its state too.
        }
    }

    private sealed class Silence : IProgress<string>
    {
        public void Report(string value)
        {
        }
    }
}
