using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Http;
using Adit.Hub.Runners;
using Adit.Hub.Volumes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Adit.Hub.Tasks.Workspaces;

/// <summary>
/// What a runner may do with volumes: it acts in the right of a task. It reads the volume of a task while that is placed on it, and writes it while it is and until the last snapshot of that start, which
/// may come when the task has been given up. Nothing else.
/// </summary>
internal sealed class WorkspaceWriting(WorkspaceStore store, TaskRegistry registry, RunnerRegistry runners, VolumeDoor volumes, TaskNews news, WorkspaceMeter meter, TimeProvider time)
{
    /// <summary>Why a runner makes snapshots.</summary>
    public static readonly string[] Causes = ["manual", "schedule", "stop", "run"];

    /// <summary>A start begins: only where it is placed. What it was before stays.</summary>
    public async Task<(WorkspaceWrite? Write, Volume? Volume, IResult? Refused)> BeginAsync(string link, string task, int attempt, Caller caller)
    {
        if (runners.OfLink(link, caller) is not { } runner)
            return (null, null, NoSession());
        if (Placed(runner, task, attempt) is not { } record)
            return await FindAsync(link, task, attempt, caller);
        if (await store.FindAsync(task, attempt) is null && await volumes.FindAsync(record.Spec.Workspace!.Id) is { } volume)
            await store.BeginAsync(new WorkspaceWrite(task, attempt, volume.Id, runner.Record.Installation, record.Name, record.Account, record.Project));
        return await FindAsync(link, task, attempt, caller);
    }

    /// <summary>A start that began, also one that is closed.</summary>
    public async Task<(WorkspaceWrite? Write, Volume? Volume, IResult? Refused)> FindAsync(string link, string task, int attempt, Caller caller)
    {
        if (runners.OfLink(link, caller) is not { } runner)
            return (null, null, NoSession());
        if (await store.FindAsync(task, attempt) is not { } write || write.Installation != runner.Record.Installation || await volumes.FindAsync(write.Volume) is not { } volume)
            return (null, null, Problems.Of(StatusCodes.Status404NotFound, "workspace-gone", $"There is no workspace that this runner may write for the task '{task}', or its volume was removed."));
        return (write, volume, null);
    }

    /// <summary>One that is not closed.</summary>
    public async Task<(WorkspaceWrite? Write, Volume? Volume, IResult? Refused)> OpenAsync(string link, string task, int attempt, Caller caller)
    {
        var (write, volume, refused) = await FindAsync(link, task, attempt, caller);
        return write is { IsClosed: true } ? (null, null, Closed()) : (write, volume, refused);
    }

    /// <summary>One that is not closed, and whose task is placed on this runner.</summary>
    public async Task<(WorkspaceWrite? Write, Volume? Volume, IResult? Refused)> PlacedAsync(string link, string task, int attempt, Caller caller)
    {
        var (write, volume, refused) = await OpenAsync(link, task, attempt, caller);
        return refused is null && (runners.OfLink(link, caller) is not { } runner || Placed(runner, task, attempt) is null)
            ? (null, null, Problems.Conflict("not-placed", $"The task '{task}' is not this runner's any more; nothing is read for it."))
            : (write, volume, refused);
    }

    /// <summary>Makes a snapshot in the name of the task's owner.</summary>
    public async Task<IResult> CommitAsync(WorkspaceWrite write, Volume volume, RunnerSnapshotRequest request, CancellationToken cancellationToken)
    {
        var asked = new CreateSnapshotRequest
        {
            Root = request.Root, Entries = request.Entries, Files = request.Files, Bytes = request.Bytes, Branch = request.Branch, Parent = request.Parent, Message = request.Message,
            Cause = Causes.Contains(request.Cause) ? request.Cause : "run", UploadedBytes = request.UploadedBytes,
        };
        // The answer to the last one may have been lost.
        if (write.IsClosed)
        {
            return write.Saved is { } last && write.Root == asked.Root && await volumes.SnapshotAsync(volume, last.Snapshot) is { } made
                ? Answer(new CreatedSnapshot { Snapshot = made, Branch = last.Branch, IsNew = false, IsDiverged = false })
                : Closed();
        }

        var isPlaced = registry.Find(write.Task) is { } live && live.Record.Attempt == write.Attempt && TaskLife.IsPlaced(live.Record.State);
        if (!isPlaced && !request.IsLast)
            return Problems.Conflict("not-placed", $"The task '{write.Task}' is not this runner's any more; only its last snapshot is taken.");
        var parent = asked.Parent is null ? null : await volumes.SnapshotAsync(volume, asked.Parent);
        var isSame = parent is not null && parent.Root == asked.Root;
        var (created, refused) = isSame
            ? (new CreatedSnapshot { Snapshot = parent!, Branch = asked.Branch ?? Volume.Main, IsNew = false, IsDiverged = false }, null)
            : await volumes.CommitAsync(volume, asked, write.Account, cancellationToken);
        if (created is null)
            return refused!;
        var saved = new SavedWorkspace(created.Snapshot.Id, created.Branch, asked.Cause!, created.IsNew ? created.Snapshot.Created : time.GetUtcNow());
        await store.SaveAsync(write, created.Snapshot.Root, saved, request.IsLast);
        registry.Saved(write.Task, write.Attempt, saved);
        meter.Count(asked.Cause!, created.IsNew, created.IsDiverged);
        if (created.IsNew)
            news.Saved(write.Task, write.Name, registry.Find(write.Task)?.Record.State ?? TaskState.Stopped, write.Belonging, Words(created, volume));
        return Answer(created);
    }

    private static string Words(CreatedSnapshot created, Volume volume) =>
        $"snapshot {created.Snapshot.Id[..12]} of {volume.Path}{(created.IsDiverged ? $", on a branch of its own: {created.Branch}, because {Volume.Main} had gone on" : "")}";

    private static JsonHttpResult<CreatedSnapshot> Answer(CreatedSnapshot made) =>
        TypedResults.Json(made, VolumesJson.Default.CreatedSnapshot, statusCode: made.IsNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);

    private TaskRecord? Placed(LiveRunner runner, string task, int attempt) =>
        registry.Find(task) is { Record: var record } && record.Runner == runner.Record.Name && record.Attempt == attempt && TaskLife.IsPlaced(record.State) && record.Spec.Workspace is not null ? record : null;

    private static IResult NoSession() => Problems.Conflict("session", "The hub knows of no session on this link; say hello again.");

    private static IResult Closed() => Problems.Conflict("workspace-closed", "All of this start is kept already; nothing more is taken of it.");
}
