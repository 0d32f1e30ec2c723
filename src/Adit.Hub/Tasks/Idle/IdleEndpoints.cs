using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Adit.Hub.Tasks.Idle;

/// <summary>Below /api/v1/tasks/{task}: why a task is kept, and what keeps it.</summary>
internal static class IdleEndpoints
{
    private const int MostReason = 200;
    private static readonly TimeSpan LongestExtension = TimeSpan.FromDays(1);

    /// <summary>Maps them.</summary>
    public static void MapIdle(this RouteGroupBuilder tasks)
    {
        tasks.MapGet("/{task}/idle", ExplainAsync).Needs(Permission.TasksRead).Produces<TaskIdleReport>();
        tasks.MapPost("/{task}/lease", LeaseAsync).Needs(Permission.TasksWrite).Produces<TaskIdleReport>();
        tasks.MapPost("/{task}/extend", ExtendAsync).Needs(Permission.TasksWrite).Produces<TaskIdleReport>();
    }

    private static async Task<IResult> ExplainAsync(string task, HttpContext context, TaskRights rights, IdleEngine engine, Waiting.TaskKeepers keepers) =>
        await rights.FindAsync(task, context.Caller()) switch
        {
            ({ } live, _) => Explain(live, engine, keepers),
            (_, { } record) => Problems.Conflict("ended", $"The task '{record.Name}' has ended; nothing is looked at any more."),
            _ => Problems.NotFound($"task '{task}'"),
        };

    private static Task<IResult> LeaseAsync(
        string task, LeaseTaskRequest request, HttpContext context, TaskRights rights, IdleEngine engine, Waiting.TaskKeepers keepers, AuditLog audit) =>
        ChangeAsync(task, "task.lease", context, rights, engine, keepers, audit, live =>
        {
            var policy = live.Record.Resolved.Idle;
            if (request.TtlSeconds < 0 || request.Reason is { Length: > MostReason })
                return "A lease has a time of 0 or more seconds, and a reason of at most 200 characters.";
            if (request.TtlSeconds > policy.LeaseMaxTtl.TotalSeconds)
                return policy.LeaseMaxTtl == TimeSpan.Zero ? "The template of this task allows no leases." : $"A lease of this task is for {IdleRule.Words(policy.LeaseMaxTtl)} at most; take it anew before it ends.";
            var now = engine.Now;
            return engine.Of(live).TryChange(m => IdleLeases.Take(m, now, TimeSpan.FromSeconds(request.TtlSeconds), request.Reason, policy.LeaseMaxPerDay));
        });

    private static Task<IResult> ExtendAsync(
        string task, ExtendTaskRequest request, HttpContext context, TaskRights rights, IdleEngine engine, Waiting.TaskKeepers keepers, AuditLog audit) =>
        ChangeAsync(task, "task.extend", context, rights, engine, keepers, audit, live =>
        {
            if (request.Seconds < 0 || request.Seconds > LongestExtension.TotalSeconds)
                return "A task is kept for a day at most, from now on; ask again before that is over.";
            var until = engine.Now + TimeSpan.FromSeconds(request.Seconds);
            engine.Of(live).Change(m => m with { Extension = request.Seconds == 0 ? null : new TaskHold(until, $"asked for by {context.Caller().TokenName}") });
            return null;
        });

    private static Task<IResult> ChangeAsync(
        string task, string action, HttpContext context, TaskRights rights, IdleEngine engine, Waiting.TaskKeepers keepers, AuditLog audit, Func<LiveTask, string?> change) =>
        TaskAnswers.OfAsync(async () =>
        {
            var caller = context.Caller();
            var (live, record) = await rights.FindAsync(task, caller);
            if (live is null)
                return record is null ? Problems.NotFound($"task '{task}'") : Problems.Conflict("ended", $"The task '{record.Name}' has ended.");
            if (!rights.MayChange(caller, live.Record))
                return TaskRights.ReadOnly(live.Record);
            if (live.Record.HasEnded)
                return Problems.Conflict("ended", $"The task '{live.Record.Name}' {live.Record.State.Is()}; start it again first.");
            if (change(live) is { } refusal)
                return Problems.Invalid(refusal);
            engine.Retell(live);
            if (!await engine.SaveAsync()) // Whoever is told that it is kept can rely on it through a restart.
                return Problems.Of(StatusCodes.Status507InsufficientStorage, "storage", "It is kept for now, and the hub could not store that: a restart of the hub would forget it. Try again.");
            await audit.RecordAsync(TaskAudit.By(caller, action, live.Record, context.Address()));
            return Explain(live, engine, keepers);
        });

    private static JsonHttpResult<TaskIdleReport> Explain(LiveTask live, IdleEngine engine, Waiting.TaskKeepers keepers)
    {
        engine.Retell(live);
        return TypedResults.Json(IdleExplanation.Of(live, engine.Of(live), keepers.Of(live.Record.Id).Use, engine.Now), TasksJson.Default.TaskIdleReport);
    }
}
