using System.Security.Cryptography;
using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Adit.Hub.Projects;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Volumes;

/// <summary>/api/v1/volumes: volumes, their names, and what is beneath each.</summary>
internal static class VolumeEndpoints
{
    private const int PageSize = 200;
    private const int LongestDescription = 1000;

    /// <summary>Registers the slice.</summary>
    public static IServiceCollection AddVolumes(this IServiceCollection services) =>
        services.AddSingleton<VolumeStore>().AddSingleton<Staging.StagingStore>().AddSingleton<PruneStore>()
            .AddSingleton<VolumeRights>().AddSingleton<VolumeDoor>().AddSingleton<VolumeHistory>().AddSingleton<VolumeMerges>().AddSingleton<VolumeMeter>()
            .AddSingleton<Staging.VolumeStaging>().AddSingleton<Staging.StagedCensus>(static p => () => p.GetRequiredService<Staging.VolumeStaging>().Count).AddSingleton<StagedContent>().AddSingleton<StoreCollection>()
            .AddSingleton<VolumePruning>().AddHostedService(static p => p.GetRequiredService<VolumePruning>())
            .AddSingleton<ProjectStores>().AddSingleton<StoreCensus>(static p => p.GetRequiredService<ProjectStores>().Open)
            .AddSingleton<IProjectContent>(static p => p.GetRequiredService<ProjectStores>()).AddSingleton<IContentUse>(static p => p.GetRequiredService<ProjectStores>());

    /// <summary>Takes up what is stored.</summary>
    public static Task LoadVolumesAsync(this IServiceProvider services) => services.GetRequiredService<Staging.VolumeStaging>().LoadAsync();

    /// <summary>Maps the resource.</summary>
    public static void MapVolumes(this IEndpointRouteBuilder routes)
    {
        var volumes = routes.MapGroup("/api/v1/volumes").WithTags("volumes");
        volumes.MapGet("", ListAsync).Needs(Permission.VolumesRead).Produces<VolumeList>();
        volumes.MapPost("", CreateAsync).Needs(Permission.VolumesWrite).Produces<ApiVolume>(StatusCodes.Status201Created);
        var volume = volumes.MapGroup("/{project}/{volume}");
        volume.MapGet("", ShowAsync).Needs(Permission.VolumesRead).Produces<ApiVolume>();
        volume.MapPatch("", ChangeAsync).Needs(Permission.VolumesWrite).Produces<ApiVolume>();
        volume.MapDelete("", RemoveAsync).Needs(Permission.VolumesWrite).Produces(StatusCodes.Status204NoContent);
        volume.MapPut("/tags/{tag}", TagAsync).Needs(Permission.VolumesWrite).Produces<ApiSnapshot>();
        volume.MapDelete("/tags/{tag}", RemoveTagAsync).Needs(Permission.VolumesWrite).Produces(StatusCodes.Status204NoContent);
        volume.MapSnapshots();
        volume.MapMerges();
        volume.MapFiles();
        volume.MapChunks();
        volume.MapRetention();
        routes.MapStore();
    }

    private static async Task<IResult> ListAsync(
        HttpContext context, VolumeStore store, VolumeRights rights, string? project = null, string? cursor = null, int? limit = null)
    {
        var caller = context.Caller();
        var size = Math.Clamp(limit ?? PageSize, 1, PageSize);
        var items = new List<ApiVolume>();
        // Pages are of what the caller may see: others are passed over.
        for (IReadOnlyList<Volume> page; items.Count <= size && (page = await store.ListAsync(project, cursor, PageSize)).Count > 0; cursor = page[^1].Path)
        {
            foreach (var volume in page)
            {
                if (rights.MayRead(caller, volume.Project) && items.Count <= size)
                    items.Add(await VolumeAnswers.ViewAsync(volume, caller, store, rights));
            }

            if (page.Count < PageSize)
                break;
        }

        var next = items.Count > size ? $"{items[size - 1].Project}/{items[size - 1].Name}" : null;
        return TypedResults.Json(new VolumeList { Items = [.. items.Take(size)], Next = next }, VolumesJson.Default.VolumeList);
    }

    private static async Task<IResult> CreateAsync(CreateVolumeRequest request, HttpContext context, VolumeStore store, VolumeRights rights, Authority authority, TimeProvider time)
    {
        var caller = context.Caller();
        if (!authority.Knows(caller, request.Project))
            return Problems.NotFound($"project '{VolumeAnswers.Shown(request.Project)}'");
        if (!rights.MayWrite(caller, request.Project))
            return VolumeAnswers.NotWriter(request.Project);
        if (!Volume.IsName(request.Name))
            return Problems.Invalid($"'{VolumeAnswers.Shown(request.Name)}' is no name of a volume: 1 to 63 of a-z, 0-9 and hyphens inside.");
        if (request.Description?.Length > LongestDescription)
            return Problems.Invalid($"A description has at most {LongestDescription} characters.");
        (Volume Volume, string Snapshot)? from = null;
        if (request.From is { } source)
        {
            var at = source.IndexOf('@', StringComparison.Ordinal);
            if (await store.FindAsync(request.Project, at < 0 ? source : source[..at]) is not { } origin)
                return Problems.NotFound($"volume '{VolumeAnswers.Shown(source)}' in the project '{request.Project}'; a fork is in the project of what it comes from");
            if (await store.ResolveAsync(origin, at < 0 ? Volume.Main : source[(at + 1)..]) is not { } snapshot)
                return VolumeAnswers.NoSnapshot(origin, at < 0 ? Volume.Main : source[(at + 1)..]);
            from = (origin, snapshot.Id);
        }

        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        var volume = new Volume(id, request.Project, request.Name, request.Kind ?? from?.Volume.Kind ?? VolumeKind.Workspace, request.Description, time.GetUtcNow(), caller.Account);
        if (!await store.AddAsync(volume, from, Entry(context, "volume.create", volume)))
            return Problems.Conflict("exists", $"There is a volume '{volume.Path}' already, or the project has {Volume.MostOfProject}; take another name.");
        context.Response.Headers.Location = $"/api/v1/volumes/{volume.Path}";
        return TypedResults.Json(await VolumeAnswers.ViewAsync(volume, caller, store, rights), VolumesJson.Default.ApiVolume, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> ShowAsync(string project, string volume, HttpContext context, VolumeStore store, VolumeRights rights)
    {
        var (found, refused) = await VolumeAnswers.FindAsync(project, volume, context, store, rights, isWrite: false);
        return found is null ? refused! : TypedResults.Json(await VolumeAnswers.ViewAsync(found, context.Caller(), store, rights), VolumesJson.Default.ApiVolume);
    }

    private static async Task<IResult> ChangeAsync(string project, string volume, ChangeVolumeRequest request, HttpContext context, VolumeStore store, VolumeRights rights)
    {
        var (found, refused) = await VolumeAnswers.FindAsync(project, volume, context, store, rights, isWrite: true);
        if (found is null)
            return refused!;
        if (request.Description?.Length > LongestDescription)
            return Problems.Invalid($"A description has at most {LongestDescription} characters.");
        if (request.Description is { } description)
        {
            found = found with { Description = description };
            await store.DescribeAsync(found, description, Entry(context, "volume.change", found));
        }

        return TypedResults.Json(await VolumeAnswers.ViewAsync(found, context.Caller(), store, rights), VolumesJson.Default.ApiVolume);
    }

    private static async Task<IResult> RemoveAsync(string project, string volume, HttpContext context, VolumeStore store, VolumeRights rights, IEnumerable<IVolumeUse> use)
    {
        var (found, refused) = await VolumeAnswers.FindAsync(project, volume, context, store, rights, isWrite: true);
        if (found is null)
            return refused!;
        if (!rights.MayRemove(context.Caller(), found))
            return Problems.Forbidden($"Who made the volume '{found.Path}' and maintainers of its project remove it; ask one of them.");
        if (use.Select(u => u.UseOf(found.Id)).FirstOrDefault(static u => u is not null) is { } inUse)
            return Problems.Conflict("in-use", $"The volume '{found.Path}' is the workspace of {inUse}; stop that first, or what it does would be lost.");
        await store.RemoveAsync(found, Entry(context, "volume.remove", found));
        return TypedResults.NoContent();
    }

    private static async Task<IResult> TagAsync(string project, string volume, string tag, SetTagRequest request, HttpContext context, VolumeStore store, VolumeRights rights)
    {
        var (found, refused) = await VolumeAnswers.FindAsync(project, volume, context, store, rights, isWrite: true);
        if (found is null)
            return refused!;
        if (!Volume.IsRefName(tag))
            return Problems.Invalid($"'{VolumeAnswers.Shown(tag)}' is no name of a tag: 1 to 63 letters, digits, hyphens, dots and underscores, and nothing like the beginning of an id.");
        if (await store.ResolveAsync(found, request.Snapshot) is not { } snapshot)
            return VolumeAnswers.NoSnapshot(found, request.Snapshot);
        if (!await store.TagAsync(found, tag, snapshot.Id, Entry(context, "volume.tag", found)))
            return Problems.Conflict("exists", $"'{tag}' names another snapshot of '{found.Path}' already, or there are {Volume.MostRefs} names; remove that first, or take another name.");
        return TypedResults.Json(await store.ResolveAsync(found, snapshot.Id) ?? snapshot, VolumesJson.Default.ApiSnapshot);
    }

    private static async Task<IResult> RemoveTagAsync(string project, string volume, string tag, HttpContext context, VolumeStore store, VolumeRights rights)
    {
        var (found, refused) = await VolumeAnswers.FindAsync(project, volume, context, store, rights, isWrite: true);
        if (found is null)
            return refused!;
        return await store.RemoveTagAsync(found, tag, Entry(context, "volume.untag", found)) ? TypedResults.NoContent() : Problems.NotFound($"tag '{VolumeAnswers.Shown(tag)}' of '{found.Path}'");
    }

    private static AuditEntry Entry(HttpContext context, string action, Volume volume) => AuditEntry.By(context.Caller(), action, "volume:" + volume.Path, context.Address());
}
