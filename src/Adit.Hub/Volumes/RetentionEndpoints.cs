using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Adit.Hub.Volumes;

/// <summary>Beneath a volume: which of its snapshots stay. Since what goes cannot be had back, it is said by those who may remove the volume.</summary>
internal static class RetentionEndpoints
{
    private const int MostShown = 1000;

    public static void MapRetention(this IEndpointRouteBuilder volume)
    {
        volume.MapGet("/retention", ShowAsync).Needs(Permission.VolumesRead).Produces<RetentionRule>();
        volume.MapPut("/retention", SetAsync).Needs(Permission.VolumesWrite).Produces<RetentionRule>();
        volume.MapPost("/prune", PruneAsync).Needs(Permission.VolumesWrite).Produces<PruneReport>();
    }

    private static async Task<IResult> ShowAsync(string project, string volume, HttpContext context, VolumeStore store, VolumeRights rights, PruneStore prunes)
    {
        var (found, refused) = await VolumeAnswers.FindAsync(project, volume, context, store, rights, isWrite: false);
        return found is null ? refused! : TypedResults.Json(await prunes.RuleAsync(found) ?? new RetentionRule(), VolumesJson.Default.RetentionRule);
    }

    private static async Task<IResult> SetAsync(string project, string volume, RetentionRule rule, HttpContext context, VolumeStore store, VolumeRights rights, PruneStore prunes)
    {
        var (found, refused) = await RulerAsync(project, volume, context, store, rights);
        if (found is null)
            return refused!;
        if (Retention.Refusal(rule) is { } refusal)
            return Problems.Invalid(refusal);
        await prunes.SetRuleAsync(found, Retention.IsEmpty(rule) ? null : rule, Entry(context, "volume.retention", found));
        return TypedResults.Json(rule, VolumesJson.Default.RetentionRule);
    }

    private static async Task<IResult> PruneAsync(
        string project, string volume, HttpContext context, VolumeStore store, VolumeRights rights, PruneStore prunes, VolumePruning pruning, bool dryRun = false)
    {
        var (found, refused) = await RulerAsync(project, volume, context, store, rights);
        if (found is null)
            return refused!;
        if (await prunes.RuleAsync(found) is not { } rule)
            return Problems.Conflict("no-rule", $"'{found.Path}' has no rule, so all its snapshots stay; set one with 'adit volume retention'.");
        var surplus = await pruning.SurplusAsync(found, rule);
        var removed = dryRun ? surplus.Count : await pruning.PruneAsync(found, Entry(context, "volume.prune", found));
        var left = (await prunes.SnapshotsAsync(found)).Count - (dryRun ? surplus.Count : 0);
        return TypedResults.Json(new PruneReport { Removed = removed, Kept = left, Snapshots = [.. surplus.Take(MostShown)] }, VolumesJson.Default.PruneReport);
    }

    private static async Task<(Volume? Volume, IResult? Refused)> RulerAsync(string project, string volume, HttpContext context, VolumeStore store, VolumeRights rights)
    {
        var (found, refused) = await VolumeAnswers.FindAsync(project, volume, context, store, rights, isWrite: true);
        if (found is not null && !rights.MayRemove(context.Caller(), found))
            return (null, Problems.Forbidden($"Who made the volume '{found.Path}' and maintainers of its project say what it keeps; ask one of them."));
        return (found, refused);
    }

    private static AuditEntry Entry(HttpContext context, string action, Volume volume) => AuditEntry.By(context.Caller(), action, "volume:" + volume.Path, context.Address());
}
