using Adit.Api;
using Adit.Content;
using Adit.Content.Chunks;
using Adit.Content.Trees;
using Adit.Hub.Access;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Adit.Hub.Volumes;

/// <summary>/api/v1/store: what all content takes, whether it is right, and room made of what nobody needs. For those who may change the hub's settings.</summary>
internal static class StoreEndpoints
{
    public static void MapStore(this IEndpointRouteBuilder routes)
    {
        var store = routes.MapGroup("/api/v1/store").WithTags("store");
        store.MapGet("", ShowAsync).Needs(Permission.SettingsRead).Produces<StorageReport>();
        store.MapPost("/check", CheckAsync).Needs(Permission.SettingsWrite).Produces<StoreCheckReport>();
        store.MapPost("/gc", CollectAsync).Needs(Permission.SettingsWrite).Produces<StoreCollectionReport>();
    }

    private static async Task<IResult> ShowAsync(HttpContext context, Authority authority, ProjectStores stores, VolumeStore volumes)
    {
        if (!authority.May(context.Caller(), Permission.SettingsRead, default))
            return Problems.Forbidden("Only admins and auditors see what all content takes; ask one of them.");
        var projects = new List<ProjectStorage>();
        foreach (var project in stores.All())
        {
            var now = (await stores.OfAsync(project)).Statistics;
            var (snapshots, bytes) = await volumes.SumAsync(project);
            projects.Add(new ProjectStorage
            {
                Project = project, StoredBytes = now.StoredBytes, PlainBytes = now.PlainBytes, Packs = now.Packs, DamagedChunks = now.DamagedChunks,
                Chunks = now.DataChunks + now.ListChunks + now.DirectoryChunks + now.SnapshotChunks, Snapshots = snapshots, SnapshotBytes = bytes,
            });
        }

        return TypedResults.Json(new StorageReport { Projects = projects }, VolumesJson.Default.StorageReport);
    }

    private static async Task<IResult> CheckAsync(
        HttpContext context, Authority authority, ProjectStores stores, VolumeStore volumes, string? project = null, bool readData = false)
    {
        if (!authority.May(context.Caller(), Permission.SettingsWrite, default))
            return Problems.Forbidden("Only admins check the store; ask one of them.");
        var report = new StoreCheckReport();
        foreach (var name in stores.All().Where(p => project is null || p == project))
        {
            var content = await stores.OfAsync(name);
            var result = await content.CheckAsync(readData, null, context.RequestAborted);
            var findings = content.FoundAtOpening.Concat(result.Findings).Select(f => $"{name}: {f.Message}").Distinct().ToList();
            if (findings.Count > 0)
                stores.Doubt(name);
            var roots = await volumes.RootsAsync(name);
            ChunkId known = default;
            foreach (var (id, root) in roots)
            {
                if (await ProblemAsync(content, root, known, context.RequestAborted) is { } problem)
                    findings.Add($"{name}: the snapshot {id[..12]} is not whole: {problem} Push its files again.");
                else
                    known = root.Id;
            }

            report = report with
            {
                Packs = report.Packs + result.Packs, Chunks = report.Chunks + result.Chunks, BytesRead = report.BytesRead + (readData ? result.Bytes : 0),
                Snapshots = report.Snapshots + roots.Count, Findings = [.. report.Findings, .. findings],
            };
        }

        return TypedResults.Json(report, VolumesJson.Default.StoreCheckReport);
    }

    private static async Task<IResult> CollectAsync(HttpContext context, Authority authority, ProjectStores stores, StoreCollection collection, string? project = null)
    {
        if (!authority.May(context.Caller(), Permission.SettingsWrite, default))
            return Problems.Forbidden("Only admins collect what nobody needs; ask one of them.");
        var report = new StoreCollectionReport();
        foreach (var name in stores.All().Where(p => project is null || p == project))
        {
            try
            {
                var result = await collection.CollectAsync(name, context.RequestAborted);
                report = report with
                {
                    PacksRemoved = report.PacksRemoved + result.PacksDeleted, PacksRewritten = report.PacksRewritten + result.PacksRewritten, BytesFreed = report.BytesFreed + result.BytesFreed,
                };
            }
            catch (Exception e) when (e is DamagedContentException or MissingContentException)
            {
                return Problems.Conflict("damaged", $"Nothing of the project '{name}' was removed, because not all that lives can be seen: {e.Message} Run 'adit store check'.");
            }
        }

        return TypedResults.Json(report, VolumesJson.Default.StoreCollectionReport);
    }

    // What it has in common with one that is whole is not looked at again.
    private static async Task<string?> ProblemAsync(ContentStore content, DirectoryRef root, ChunkId known, CancellationToken cancellationToken)
    {
        try
        {
            var missing = await new TreeVerifier(content).VerifyAsync(root, known, cancellationToken);
            return missing.Count == 0 ? null : $"{missing.Count} chunks are missing or damaged, {missing.First()} among them.";
        }
        catch (DamagedContentException e)
        {
            return e.Message;
        }
    }
}
