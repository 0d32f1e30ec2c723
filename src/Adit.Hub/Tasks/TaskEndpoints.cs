using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Adit.Hub.Projects;
using Adit.Hub.Runners;
using Adit.Hub.Tasks.Idle;
using Adit.Hub.Tasks.Quotas;
using Adit.Hub.Tasks.Usage;
using Adit.Hub.Tasks.Waiting;
using Adit.Hub.Tasks.Workspaces;
using Adit.Hub.Templates;
using Adit.Hub.Tunnels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Adit.Hub.Tasks;

/// <summary>/api/v1/tasks.</summary>
internal static class TaskEndpoints
{
    private const int PageSize = 100;
    private const int MostLines = 5000;
    private const string Key = "Idempotency-Key";

    /// <summary>Registers the slice. Needs storage, access, runners, templates and tunnels.</summary>
    public static IServiceCollection AddTasks(this IServiceCollection services)
    {
        services.AddSingleton<TaskStore>();
        services.AddSingleton<TaskLogs>();
        services.AddSingleton<TaskNews>();
        services.AddSingleton<TaskTunnels>();
        services.AddSingleton<TaskKeepers>();
        services.AddSingleton<ITaskKeepers>(static provider => provider.GetRequiredService<TaskKeepers>());
        services.AddSingleton<StartHistory>();
        services.AddSingleton<WaitingMeter>();
        services.AddSingleton<TaskWaiting>();
        services.AddSingleton<IdleClock>();
        services.AddSingleton<IdleStore>();
        services.AddSingleton<IdleMeter>();
        services.AddSingleton<IdleEngine>();
        services.AddSingleton<TaskMetrics>();
        services.AddQuotas();
        services.AddUsage();
        services.AddWorkspaces();
        services.AddSingleton<TaskRegistry>();
        services.AddSingleton<IRunnerWork>(static provider => provider.GetRequiredService<TaskRegistry>());
        services.AddSingleton<IRunnerFit, TaskFit>();
        services.AddSingleton<TaskFollow>();
        services.AddSingleton<TaskExec>();
        services.AddSingleton<TaskView>();
        services.AddSingleton<TaskLaunch>();
        services.AddSingleton<TaskRights>();
        services.AddSingleton<OwnerRights>();
        services.AddSingleton<IProjectContent, ProjectTasks>();
        return services;
    }

    /// <summary>Maps the resource.</summary>
    public static void MapTasks(this IEndpointRouteBuilder routes)
    {
        var tasks = routes.MapGroup("/api/v1/tasks").WithTags("tasks");
        tasks.MapGet("", ListAsync).Needs(Permission.TasksRead).Produces<TaskList>();
        tasks.MapPost("", StartAsync).Needs(Permission.TasksWrite).Produces<ApiTask>().Produces<ApiTask>(StatusCodes.Status201Created);
        tasks.MapGet("/{task}", ShowAsync).Needs(Permission.TasksRead).Produces<ApiTask>();
        tasks.MapDelete("/{task}", RemoveAsync).Needs(Permission.TasksWrite).Produces(StatusCodes.Status204NoContent);
        tasks.MapPost("/{task}/stop", StopAsync).Needs(Permission.TasksWrite).Produces<ApiTask>();
        tasks.MapPost("/{task}/restart", RestartAsync).Needs(Permission.TasksWrite).Produces<ApiTask>();
        tasks.MapGet("/{task}/exec", (string task, HttpContext context, TaskExec exec) => exec.ServeAsync(task, context)).Needs(Permission.TasksWrite).Produces(StatusCodes.Status101SwitchingProtocols);
        tasks.MapIdle();
        routes.MapWorkspaces(tasks);
        tasks.MapGet("/{task}/logs", LogsAsync).Needs(Permission.TasksRead).Produces<LogPage>();
        tasks.MapGet("/{task}/logs/follow", FollowAsync).Needs(Permission.TasksRead).Produces(StatusCodes.Status200OK, contentType: "text/event-stream");
    }

    private static async Task<IResult> ListAsync(
        HttpContext context, TaskRegistry registry, TaskStore store, TaskRights rights, TaskView view, bool all = false, bool ended = false, string? project = null,
        string? cursor = null, int? limit = null)
    {
        var caller = context.Caller();
        var size = Math.Clamp(limit ?? PageSize, 1, PageSize);
        var after = TaskCursor.Parse(cursor);
        if (cursor is not null && after is null)
            return Problems.Invalid("'cursor' is what an earlier page gave as 'next'.");
        if (!ended)
        {
            // What runs, and what could be started again, is in memory.
            var current = registry.All.Where(t => rights.MaySee(caller, t.Record) && (all || t.Record.Account == caller.Account) && (project is null || t.Record.Project == project))
                .OrderByDescending(static t => t.Record.Created).ThenByDescending(static t => t.Record.Id, StringComparer.Ordinal)
                .SkipWhile(t => after is not null && after.IsAtOrAfter(t.Record))
                .Take(size + 1).ToList();
            return TypedResults.Json(
                new TaskList { Items = [.. current.Take(size).Select(t => view.Of(t, context))], Next = current.Count > size ? TaskCursor.Of(current[size - 1].Record) : null },
                TasksJson.Default.TaskList);
        }

        var page = (await store.ListAsync(all ? null : caller.Account, after, size + 1)).ToList();
        var items = page.Take(size).Where(r => rights.MaySee(caller, r) && (project is null || r.Project == project))
            .Select(r => registry.Find(r.Id) is { } live ? view.Of(live, context) : view.Of(r, context));
        return TypedResults.Json(new TaskList { Items = [.. items], Next = page.Count > size ? TaskCursor.Of(page[size - 1]) : null }, TasksJson.Default.TaskList);
    }

    private static Task<IResult> StartAsync(CreateTaskRequest request, HttpContext context, TaskLaunch launch, AuditLog audit) => TaskAnswers.OfAsync(async () =>
    {
        var caller = context.Caller();
        var key = context.Request.Headers.TryGetValue(Key, out var said) ? said.ToString() : null;
        var (task, isRepeated) = await launch.StartAsync(request, key, caller, context);
        if (!isRepeated)
        {
            await audit.RecordAsync(AuditEntry.By(caller, "task.start", "task:" + task.Id, context.Address()) with
            {
                Detail = new Dictionary<string, string> { ["name"] = task.Name, ["template"] = $"{task.Template}@{task.TemplateVersion}" },
            });
        }

        context.Response.Headers.Location = $"/api/v1/tasks/{task.Id}";
        return TypedResults.Json(task, TasksJson.Default.ApiTask, statusCode: isRepeated ? StatusCodes.Status200OK : StatusCodes.Status201Created);
    });

    private static async Task<IResult> ShowAsync(string task, HttpContext context, TaskRights rights, TaskView view) => await rights.FindAsync(task, context.Caller()) switch
    {
        (null, null) => Problems.NotFound($"task '{task}'"),
        ({ } live, _) => TypedResults.Json(view.Of(live, context), TasksJson.Default.ApiTask),
        var (_, record) => TypedResults.Json(view.Of(record!, context), TasksJson.Default.ApiTask),
    };

    private static Task<IResult> StopAsync(string task, HttpContext context, TaskRegistry registry, TaskRights rights, TaskView view, AuditLog audit) =>
        ChangeAsync(task, "task.stop", context, rights, view, audit, (live, caller) => registry.StopAsync(live, $"stopped by {caller.TokenName}"));

    private static Task<IResult> RestartAsync(string task, HttpContext context, TaskRegistry registry, ITemplates templates, TaskRights rights, TaskView view, AuditLog audit) =>
        ChangeAsync(task, "task.restart", context, rights, view, audit, (live, caller) =>
        {
            templates.CheckAgain(live.Record.Resolved, live.Record.Project, caller);
            return registry.RestartAsync(live);
        });

    private static Task<IResult> RemoveAsync(string task, HttpContext context, TaskRegistry registry, TaskRights rights, AuditLog audit) => TaskAnswers.OfAsync(async () =>
    {
        var caller = context.Caller();
        var (live, record) = await rights.FindAsync(task, caller);
        if (live is null)
        {
            return record is null
                ? Problems.NotFound($"task '{task}'")
                : Problems.Conflict("ended", $"The {(record.Kind == TaskKind.Job ? "job" : "task")} '{record.Name}' has ended and holds nothing; its log goes after 30 days.");
        }

        if (!rights.MayChange(caller, live.Record))
            return TaskRights.ReadOnly(live.Record);
        await registry.RemoveAsync(live);
        await audit.RecordAsync(TaskAudit.By(caller, "task.remove", live.Record, context.Address()));
        return TypedResults.NoContent();
    });

    private static Task<IResult> ChangeAsync(
        string task, string action, HttpContext context, TaskRights rights, TaskView view, AuditLog audit, Func<LiveTask, Caller, Task> change) => TaskAnswers.OfAsync(async () =>
    {
        var caller = context.Caller();
        var (live, record) = await rights.FindAsync(task, caller);
        if (live is null)
        {
            return record is null
                ? Problems.NotFound($"task '{task}'")
                : Problems.Conflict("ended", $"The task '{record.Name}' has ended and gave up its name; launch it anew.");
        }

        if (!rights.MayChange(caller, live.Record))
            return TaskRights.ReadOnly(live.Record);
        await change(live, caller);
        await audit.RecordAsync(TaskAudit.By(caller, action, live.Record, context.Address()));
        return TypedResults.Json(view.Of(live, context), TasksJson.Default.ApiTask);
    });

    private static async Task<IResult> LogsAsync(
        string task, HttpContext context, TaskRights rights, TaskLogs logs, long? from = null, int? limit = null, string? search = null)
    {
        if (await rights.FindAsync(task, context.Caller()) is var (live, record) && live is null && record is null)
            return Problems.NotFound($"task '{task}'");
        if (search is { Length: 0 or > 200 })
            return Problems.Invalid("What is searched for has 1 to 200 characters.");
        var page = await logs.ReadAsync(live?.Record.Id ?? record!.Id, from, Math.Clamp(limit ?? 1000, 1, MostLines), search, context.RequestAborted);
        return TypedResults.Json(page, TasksJson.Default.LogPage);
    }

    private static async Task<IResult> FollowAsync(
        string task, HttpContext context, TaskRights rights, TaskFollow follow, IHostApplicationLifetime lifetime, long? from = null, int? tail = null)
    {
        if (await rights.FindAsync(task, context.Caller()) is var (live, record) && live is null && record is null)
            return Problems.NotFound($"task '{task}'");
        var id = live?.Record.Id ?? record!.Id;
        if (follow.TryTake(context.Caller().Account) is not { } place)
        {
            return Problems.Of(
                StatusCodes.Status429TooManyRequests, "limit-reached",
                $"The account '{context.Caller().Account}' follows {TaskFollow.MostOfAccount} logs already: close some pages or 'adit logs -f', or read this one by GET /api/v1/tasks/{id}/logs.");
        }

        context.Response.RegisterForDispose(place);
        if (context.Request.Headers.TryGetValue("Last-Event-ID", out var last) && long.TryParse(last, out var seen))
            from = seen + 1;
        context.Response.Headers["X-Accel-Buffering"] = "no"; // nginx would hold events back until its buffer is full.
        var stopping = lifetime.ApplicationStopping;
        return TypedResults.ServerSentEvents(follow.ReadAsync(id, context.Caller().TokenId, from, tail, stopping, context.RequestAborted));
    }
}
