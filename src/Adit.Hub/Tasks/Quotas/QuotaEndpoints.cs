using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Adit.Hub.Projects;
using Adit.Hub.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tasks.Quotas;

/// <summary>/api/v1/quotas: how much users and projects may have at once and in a month. Admins set them.</summary>
internal static class QuotaEndpoints
{
    private const int PageSize = 200;
    private const double MostAmount = 1e9;
    private const long MostBytes = 1L << 60;

    /// <summary>Registers them.</summary>
    public static IServiceCollection AddQuotas(this IServiceCollection services) =>
        services.AddSingleton<QuotaStore>().AddSingleton<QuotaBook>().AddSingleton<IProjectContent>(static p => p.GetRequiredService<QuotaBook>())
            .AddSingleton<IContentLimit>(static p => p.GetRequiredService<QuotaBook>()).AddSingleton<QuotaView>();

    /// <summary>Maps the resource.</summary>
    public static void MapQuotas(this IEndpointRouteBuilder routes)
    {
        var quotas = routes.MapGroup("/api/v1/quotas").WithTags("quotas");
        quotas.MapGet("", List).Needs(Permission.TasksRead).Produces<QuotaList>();
        quotas.MapGet("/{kind}/{name}", Show).Needs(Permission.TasksRead).Produces<ApiQuota>();
        quotas.MapPut("/{kind}/{name}", SetAsync).Needs(Permission.SettingsWrite).Produces<ApiQuota>();
        quotas.MapDelete("/{kind}/{name}", RemoveAsync).Needs(Permission.SettingsWrite).Produces(StatusCodes.Status204NoContent);
    }

    private static JsonHttpResult<QuotaList> List(HttpContext context, QuotaView view, bool mine = false, string? cursor = null, int? limit = null)
    {
        var caller = context.Caller();
        var size = Math.Clamp(limit ?? PageSize, 1, PageSize);
        var all = mine || !QuotaView.SeesAll(caller) ? view.Mine(caller) : view.All();
        var page = all.SkipWhile(q => cursor is not null && KeyOf(q) != cursor).Skip(cursor is null ? 0 : 1).Take(size + 1).ToList();
        return TypedResults.Json(new QuotaList { Items = [.. page.Take(size)], Next = page.Count > size ? KeyOf(page[size - 1]) : null }, QuotasJson.Default.QuotaList);
    }

    private static IResult Show(string kind, string name, HttpContext context, QuotaBook book, QuotaView view)
    {
        if (SubjectOf(kind, name) is not { } subject)
            return NoKind(kind);
        if (!view.MaySee(context.Caller(), subject) || !view.IsThere(subject))
            return Unknown(subject);
        context.Response.Headers.ETag = ETagOf(book.Find(subject));
        return TypedResults.Json(view.Of(subject), QuotasJson.Default.ApiQuota);
    }

    private static async Task<IResult> SetAsync(string kind, string name, SetQuotaRequest request, HttpContext context, QuotaBook book, QuotaView view, Authority authority)
    {
        var caller = context.Caller();
        if (!authority.May(caller, Permission.SettingsWrite, default))
            return Problems.Forbidden("Only an admin sets quotas.");
        if (SubjectOf(kind, name) is not { } subject)
            return NoKind(kind);
        if (!view.IsThere(subject))
            return Unknown(subject);
        if (Refusal(request, subject) is { } refusal)
            return Problems.Invalid(refusal);
        var expected = IfMatch.Of(context.Request);
        try
        {
            var quota = await book.SetAsync(
                subject,
                before => expected.Allows(ETagOf(before)) ? new Quota(subject, request, (before?.Version ?? 0) + 1) : null,
                (before, after) => AuditEntry.By(caller, "quota.set", TargetOf(subject), context.Address()) with
                {
                    Detail = new Dictionary<string, string> { ["limits"] = $"{(before is null ? "none of its own" : QuotaWords.Limits(before.Limits))} -> {QuotaWords.Limits(after.Limits)}" },
                });
            if (quota is null)
                return Changed(subject);
            context.Response.Headers.ETag = quota.ETag;
            return TypedResults.Json(view.Of(subject), QuotasJson.Default.ApiQuota);
        }
        catch (StorageException e)
        {
            return Problems.Of(StatusCodes.Status507InsufficientStorage, "storage", e.Message);
        }
    }

    private static async Task<IResult> RemoveAsync(string kind, string name, HttpContext context, QuotaBook book, Authority authority)
    {
        var caller = context.Caller();
        if (!authority.May(caller, Permission.SettingsWrite, default))
            return Problems.Forbidden("Only an admin removes quotas.");
        if (SubjectOf(kind, name) is not { } subject)
            return NoKind(kind);
        if (book.Find(subject) is null)
            return Problems.NotFound($"quota of the {subject}");
        var expected = IfMatch.Of(context.Request);
        try
        {
            var entry = AuditEntry.By(caller, "quota.remove", TargetOf(subject), context.Address());
            return await book.RemoveAsync(subject, quota => expected.Allows(quota.ETag), entry) ? TypedResults.NoContent() : Changed(subject);
        }
        catch (StorageException e)
        {
            return Problems.Of(StatusCodes.Status507InsufficientStorage, "storage", e.Message);
        }
    }

    private static string? Refusal(SetQuotaRequest request, QuotaSubject subject)
    {
        if (request.StorageBytes is not null && subject.Kind != QuotaKind.Project)
            return "Content is a project's: limit the storage of project:NAME, or of project:*.";
        if (request is { Tasks: < 0 } or { Gpus: < 0 } or { MemoryBytes: < 0 or > MostBytes } or { StorageBytes: < 0 or > MostBytes } || !IsAmount(request.Cpu) || !IsAmount(request.GpuHours))
            return "A limit is 0 or more; leave out what shall have none.";
        return null;
    }

    // What is no number is none either: it is neither less nor more than any.
    private static bool IsAmount(double? amount) => amount is null or (>= 0 and <= MostAmount);

    private static QuotaSubject? SubjectOf(string kind, string name) => kind switch
    {
        "user" => new QuotaSubject(QuotaKind.User, name),
        "project" => new QuotaSubject(QuotaKind.Project, name),
        _ => null,
    };

    private static IResult NoKind(string kind) => Problems.Invalid($"A quota is of a user or a project, not of a '{(kind.Length > 40 ? kind[..40] : kind)}'.");

    private static IResult Unknown(QuotaSubject subject) => Problems.NotFound(subject.ToString());

    private static IResult Changed(QuotaSubject subject) => Problems.Of(
        StatusCodes.Status412PreconditionFailed, "changed", $"The quota of the {subject} was changed since you read it; read it again and repeat the change.");

    private static string ETagOf(Quota? quota) => quota?.ETag ?? "\"0\"";

    private static string TargetOf(QuotaSubject subject) => $"quota:{subject.Kind.ToString().ToLowerInvariant()}:{subject.Name}";

    private static string KeyOf(ApiQuota quota) => $"{quota.Kind.ToString().ToLowerInvariant()}:{quota.Name}";
}
