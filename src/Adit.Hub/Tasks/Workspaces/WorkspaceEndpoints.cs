using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Adit.Hub.Runners;
using Adit.Hub.Volumes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tasks.Workspaces;

/// <summary>Snapshots of tasks: on demand, for people; and what runners read and write of workspaces (docs/reference/runner.md).</summary>
internal static class WorkspaceEndpoints
{
    private const int LongestMessage = 10_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>Registers the part.</summary>
    public static IServiceCollection AddWorkspaces(this IServiceCollection services) => services
        .AddSingleton<WorkspaceStore>().AddSingleton<WorkspaceLaunch>().AddSingleton<WorkspaceWriting>().AddSingleton<WorkspaceMeter>().AddSingleton<IVolumeUse, WorkspaceUse>();

    /// <summary>Maps both.</summary>
    public static void MapWorkspaces(this IEndpointRouteBuilder routes, RouteGroupBuilder tasks)
    {
        tasks.MapPost("/{task}/snapshots", SnapshotAsync).Needs(Permission.TasksWrite).Produces<CreatedSnapshot>().Produces<CreatedSnapshot>(StatusCodes.Status201Created);
        var runner = routes.MapGroup("/api/v1/runner/links/{link}/workspaces/{task}/{attempt}").WithTags("runner");
        runner.MapPost("", BeginAsync).Needs(Permission.RunnerServe).Produces<RunnerWorkspace>();
        runner.MapDelete("", CloseAsync).Needs(Permission.RunnerServe).Produces(StatusCodes.Status204NoContent);
        runner.MapPost("/snapshots", CommitAsync).Needs(Permission.RunnerServe).Produces<CreatedSnapshot>(StatusCodes.Status201Created);
        runner.MapPost("/chunks/missing", MissingAsync).Needs(Permission.RunnerServe).TakesIds();
        runner.MapPost("/chunks/add", AddAsync).Needs(Permission.RunnerServe).TakesFrames();
        runner.MapPost("/chunks/read", ReadAsync).Needs(Permission.RunnerServe).TakesIds();
    }

    private static Task<IResult> SnapshotAsync(string task, SnapshotTaskRequest request, HttpContext context, TaskRights rights, IRunners runners, AuditLog audit) => TaskAnswers.OfAsync(async () =>
    {
        var caller = context.Caller();
        var (live, record) = await rights.FindAsync(task, caller);
        if (live is null)
            return record is null ? Problems.NotFound($"task '{task}'") : Problems.Conflict("ended", $"The task '{record.Name}' has ended; what it left is in its workspace already.");
        record = live.Record;
        if (!rights.MayChange(caller, record))
            return TaskRights.ReadOnly(record);
        if (record.Spec.Workspace is not { } workspace)
            return Problems.Conflict("no-workspace", $"The task '{record.Name}' has no workspace; launch it with --workspace NAME, and its files are kept.");
        if (record.HasEnded)
            return Problems.Conflict("ended", $"The task '{record.Name}' {record.State.Is()}; what it left is in its workspace '{workspace.Path}' already.");
        if (request.Message?.Length > LongestMessage)
            return Problems.Invalid($"A message has at most {LongestMessage} characters.");
        if (record.Runner is null || !TaskLife.IsPlaced(record.State) || runners.Find(record.Runner)?.Session is not { } session)
            return Problems.Conflict("not-running", $"The task '{record.Name}' {record.State.Is()}, and no runner that answers has it now; try again when it runs.");
        var (made, refusal, isKnown) = await session.Control.TrySnapshotAsync(record.Id, request.Message, Patience, context.RequestAborted);
        if (made is null && isKnown)
            return Problems.Conflict("no-snapshot", $"No snapshot was made of the task '{record.Name}': {refusal}");
        if (made is null)
            return Problems.Of(StatusCodes.Status503ServiceUnavailable, "runner-silent", $"Whether a snapshot was made of the task '{record.Name}' is not known: {refusal}.");
        await audit.RecordAsync(TaskAudit.By(caller, "task.snapshot", record, context.Address()));
        return TypedResults.Json(made, VolumesJson.Default.CreatedSnapshot, statusCode: made.IsNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    });

    private static async Task<IResult> BeginAsync(string link, string task, int attempt, HttpContext context, WorkspaceWriting writing, VolumeDoor volumes)
    {
        var (write, volume, refused) = await writing.BeginAsync(link, task, attempt, context.Caller());
        return refused ?? TypedResults.Json(new RunnerWorkspace { Head = await volumes.HeadAsync(volume!), IsClosed = write!.IsClosed }, RunnersJson.Default.RunnerWorkspace);
    }

    private static async Task<IResult> CloseAsync(string link, string task, int attempt, HttpContext context, WorkspaceWriting writing, WorkspaceStore store)
    {
        var (write, _, refused) = await writing.FindAsync(link, task, attempt, context.Caller());
        if (refused is not null)
            return refused;
        await store.CloseAsync(write!);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> CommitAsync(string link, string task, int attempt, RunnerSnapshotRequest request, HttpContext context, WorkspaceWriting writing)
    {
        var (write, volume, refused) = await writing.FindAsync(link, task, attempt, context.Caller());
        return refused ?? await writing.CommitAsync(write!, volume!, request, context.RequestAborted);
    }

    private static async Task<IResult> MissingAsync(string link, string task, int attempt, HttpContext context, WorkspaceWriting writing, VolumeDoor volumes)
    {
        var (_, volume, refused) = await writing.OpenAsync(link, task, attempt, context.Caller());
        return refused ?? await volumes.MissingAsync(volume!, context);
    }

    private static async Task<IResult> AddAsync(string link, string task, int attempt, HttpContext context, WorkspaceWriting writing, VolumeDoor volumes)
    {
        var (_, volume, refused) = await writing.OpenAsync(link, task, attempt, context.Caller());
        return refused ?? await volumes.AddAsync(volume!, context);
    }

    private static async Task<IResult> ReadAsync(string link, string task, int attempt, HttpContext context, WorkspaceWriting writing, VolumeDoor volumes)
    {
        var (_, volume, refused) = await writing.PlacedAsync(link, task, attempt, context.Caller());
        return refused ?? await volumes.ReadAsync(volume!, context);
    }
}
