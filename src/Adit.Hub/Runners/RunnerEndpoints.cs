using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Adit.Hub.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Runners;

/// <summary>/api/v1/runners, for people; and /api/v1/runner, by which a runner speaks for itself (docs/reference/runner.md).</summary>
internal static class RunnerEndpoints
{
    private const int MostLines = 5000;

    /// <summary>Registers the slice. Needs storage, access, the link host and an <see cref="IRunnerWork"/>.</summary>
    public static IServiceCollection AddRunners(this IServiceCollection services)
    {
        services.AddSingleton<RunnerStore>();
        services.AddSingleton<RunnerRegistry>();
        services.AddSingleton<IRunners>(static provider => provider.GetRequiredService<RunnerRegistry>());
        services.AddSingleton<ITokenUse>(static provider => provider.GetRequiredService<RunnerRegistry>());
        services.AddSingleton<RunnerRights>();
        return services;
    }

    /// <summary>Maps both.</summary>
    public static void MapRunners(this IEndpointRouteBuilder routes)
    {
        var runners = routes.MapGroup("/api/v1/runners").WithTags("runners");
        runners.MapGet("", List).Needs(Permission.RunnersRead).Produces<RunnerList>();
        runners.MapGet("/{name}", Show).Needs(Permission.RunnersRead).Produces<ApiRunner>();
        runners.MapPatch("/{name}", ChangeAsync).Needs(Permission.RunnersWrite).Produces<ApiRunner>();
        runners.MapDelete("/{name}", RemoveAsync).Needs(Permission.RunnersWrite).Produces(StatusCodes.Status204NoContent);

        var runner = routes.MapGroup("/api/v1/runner").WithTags("runner");
        runner.MapPost("/session", GreetAsync).Needs(Permission.RunnerServe).Produces<RunnerWelcome>();
        runner.MapPost("/report", HearAsync).Needs(Permission.RunnerServe).Produces(StatusCodes.Status204NoContent);
        runner.MapPost("/logs", AppendAsync).Needs(Permission.RunnerServe).Produces<LogReceipt>();
    }

    private static JsonHttpResult<RunnerList> List(HttpContext context, RunnerRegistry registry, RunnerRights rights, IRunnerWork work)
    {
        var caller = context.Caller();
        var loads = work.Loads();
        var items = registry.All.Where(r => rights.MaySee(caller, r.Record)).OrderBy(static r => r.Record.Name, StringComparer.Ordinal).Select(r => Of(r, loads, rights, caller));
        return TypedResults.Json(new RunnerList { Items = [.. items] }, RunnersJson.Default.RunnerList);
    }

    private static IResult Show(string name, HttpContext context, RunnerRegistry registry, RunnerRights rights, IRunnerWork work) =>
        registry.Find(name) is { } runner && rights.MaySee(context.Caller(), runner.Record)
            ? TypedResults.Json(Of(runner, work.Loads(), rights, context.Caller()), RunnersJson.Default.ApiRunner)
            : Problems.NotFound($"runner '{name}'");

    private static Task<IResult> ChangeAsync(
        string name, ChangeRunnerRequest request, HttpContext context, RunnerRegistry registry, RunnerRights rights, IRunnerWork work, AuditLog audit) => AnswerAsync(async () =>
    {
        if (Refusal(name, context.Caller(), registry, rights) is { } refused)
            return refused;
        if (request.Name is not null)
            RunnerRules.CheckName(request.Name);
        for (var i = 0; i < request.Taints?.Count; i++)
        {
            if (string.IsNullOrEmpty(request.Taints[i]?.Key))
                return Problems.Invalid($"What must be there is not in 'taints[{i}]': 'key'; see docs/reference/api.md.");
        }

        RunnerRules.CheckLabels(request.Labels ?? new Dictionary<string, string>());
        IReadOnlyList<Taint>? taints = request.Taints is { } given ? [.. given.Select(static t => t is null ? null! : new Taint(t.Key, t.Value))] : null;
        RunnerRules.CheckTaints(taints ?? []);
        if (request.IsPrivate == false && registry.Find(name) is { } asked && !rights.IsOfAdmin(asked.Record))
            return Problems.Conflict("not-admins", $"The runner '{name}' is {asked.Record.Account}'s, who is no admin: only what an admin's token brought can be shared with everybody.");
        // What is shared already is not shared anew.
        if (request is { IsPrivate: false, SharesHubUser: not true } && registry.Find(name)?.Record is { Facts.IsHubUser: true, IsPrivate: true })
        {
            return Problems.Conflict("hub-user", $"The runner '{name}' is that of 'adit up': tasks of everybody would run as the hub's own user, who can read all that the hub keeps, its keys and tokens too. "
                + "Add a runner with a user of its own, or say 'sharesHubUser' too if all who can sign in may as well be admins.");
        }

        var record = await registry.ChangeAsync(name, r => r with
        {
            Name = request.Name ?? r.Name,
            IsCordoned = request.Cordon ?? (request.Drain == true || r.IsCordoned),
            IsDraining = request.Drain ?? (request.Cordon == false ? false : r.IsDraining),
            IsPrivateHere = request.IsPrivate ?? r.IsPrivateHere,
            Labels = request.Labels ?? r.Labels,
            Taints = taints ?? r.Taints,
        });
        await audit.RecordAsync(AuditEntry.By(context.Caller(), "runner.change", "runner:" + record.Name, context.Address()) with
        {
            Detail = request.IsPrivate is { } isPrivate ? new Dictionary<string, string> { ["private"] = isPrivate ? "yes" : "no" } : null,
        });
        return registry.Find(record.Name) is { } runner ? TypedResults.Json(Of(runner, work.Loads(), rights, context.Caller()), RunnersJson.Default.ApiRunner) : Problems.NotFound($"runner '{record.Name}'");
    });

    private static Task<IResult> RemoveAsync(string name, HttpContext context, RunnerRegistry registry, RunnerRights rights, AuditLog audit) => AnswerAsync(async () =>
    {
        if (Refusal(name, context.Caller(), registry, rights) is { } refused)
            return refused;
        await registry.RemoveAsync(name);
        await audit.RecordAsync(AuditEntry.By(context.Caller(), "runner.remove", "runner:" + name, context.Address()));
        return TypedResults.NoContent();
    });

    private static Task<IResult> GreetAsync(RunnerHello hello, HttpContext context, RunnerRegistry registry) =>
        AnswerAsync(async () => TypedResults.Json(await registry.GreetAsync(hello, context.Caller()), RunnersJson.Default.RunnerWelcome));

    private static Task<IResult> HearAsync(RunnerReport report, HttpContext context, RunnerRegistry registry) => AnswerAsync(async () =>
    {
        if (registry.OfLink(report.Link, context.Caller()) is not { } runner)
            return NoSession();
        RunnerRules.CheckTasks(report.Tasks);
        await registry.HearAsync(runner, report);
        return TypedResults.NoContent();
    });

    private static async Task<IResult> AppendAsync(LogBatch batch, HttpContext context, RunnerRegistry registry, IRunnerWork work)
    {
        if (registry.OfLink(batch.Link, context.Caller()) is not { } runner)
            return NoSession();
        if (batch.Lines is not { Count: <= MostLines })
            return Problems.Invalid($"A batch has at most {MostLines} lines.");
        return await work.AppendAsync(runner, batch.Task, batch.Lines) is { } end
            ? TypedResults.Json(new LogReceipt(end), RunnersJson.Default.LogReceipt)
            : Problems.NotFound($"task '{batch.Task}' of this runner");
    }

    private static IResult NoSession() => Problems.Conflict("session", "The hub knows of no session on this link; say hello again.");

    private static IResult? Refusal(string name, Caller caller, RunnerRegistry registry, RunnerRights rights) =>
        registry.Find(name) is not { } runner || !rights.MaySee(caller, runner.Record) ? Problems.NotFound($"runner '{name}'")
        : rights.MayChange(caller, runner.Record) ? null
        : Problems.Forbidden($"You may use the runner '{name}' and not change it; ask an admin.");

    private static async Task<IResult> AnswerAsync(Func<Task<IResult>> serve)
    {
        try
        {
            return await serve();
        }
        catch (RunnerRefusal e)
        {
            return e.Code switch
            {
                RunnerRefusalCode.Invalid => Problems.Invalid(e.Message),
                RunnerRefusalCode.Version => Problems.Of(StatusCodes.Status400BadRequest, "version", e.Message),
                RunnerRefusalCode.LinkGone => Problems.Conflict("link-gone", e.Message),
                RunnerRefusalCode.InUse => Problems.Conflict("in-use", e.Message),
                RunnerRefusalCode.TokenBound => Problems.Conflict("token-bound", e.Message),
                RunnerRefusalCode.NotFound => Problems.NotFound(e.Message),
                RunnerRefusalCode.NameTaken => Problems.Conflict("name-taken", e.Message),
                RunnerRefusalCode.Busy => Problems.Conflict("busy", e.Message),
                RunnerRefusalCode.Forbidden => Problems.Forbidden(e.Message),
                RunnerRefusalCode.LimitReached => Problems.Of(StatusCodes.Status429TooManyRequests, "limit-reached", e.Message),
                _ => throw new InvalidOperationException($"No answer for {e.Code}.", e),
            };
        }
        catch (StorageException e)
        {
            return Problems.Of(StatusCodes.Status507InsufficientStorage, "storage", e.Message);
        }
    }

    private static ApiRunner Of(LiveRunner runner, IReadOnlyDictionary<string, RunnerLoad> loads, RunnerRights rights, Caller caller)
    {
        var record = runner.Record;
        var (reserved, count) = loads.GetValueOrDefault(record.Name) ?? RunnerLoad.None;
        return new ApiRunner
        {
            Name = record.Name,
            IsUp = runner.IsUp,
            IsCordoned = record.IsCordoned,
            IsDraining = record.IsDraining,
            IsPrivate = !rights.IsForAll(record),
            Version = record.Version,
            Notice = RunnerRules.NoticeFor(record.Version),
            Owner = record.Account,
            Token = rights.MayChange(caller, record) ? record.Token : null,
            Labels = record.AllLabels(),
            Taints = record.AllTaints(),
            OwnLabels = record.OwnLabels,
            GivenLabels = record.Labels,
            OwnTaints = record.OwnTaints,
            GivenTaints = record.Taints,
            Facts = record.Facts,
            Usage = runner.Usage,
            Reserved = reserved,
            Tasks = count,
            Created = record.Created,
            Seen = runner.Seen,
            May = rights.MayChange(caller, record) ? ["change"] : [],
        };
    }
}
