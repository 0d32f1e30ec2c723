using System.Globalization;
using Adit.Api;
using Adit.Content;
using Adit.Content.Chunks;
using Adit.Content.Snapshots;
using Adit.Content.Trees;
using Adit.Hub.Access;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Adit.Hub.Volumes.Staging;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Adit.Hub.Volumes;

/// <summary>Beneath a volume: its snapshots, and what differs between two.</summary>
internal static class SnapshotEndpoints
{
    private const int PageSize = 100;
    private const int MostChanges = 10_000;
    private static readonly string[] Causes = ["manual", "upload", "run", "schedule", "stop", "restore"];

    public static void MapSnapshots(this IEndpointRouteBuilder volume)
    {
        volume.MapGet("/snapshots", LogAsync).Needs(Permission.VolumesRead).Produces<SnapshotList>();
        volume.MapPost("/snapshots", CreateAsync).Needs(Permission.VolumesWrite).Produces<CreatedSnapshot>(StatusCodes.Status201Created);
        volume.MapPost("/commit", SettleAsync).Needs(Permission.VolumesWrite).Produces<CreatedSnapshot>();
        volume.MapGet("/snapshots/{snapshot}", ShowAsync).Needs(Permission.VolumesRead).Produces<ApiSnapshot>();
        volume.MapGet("/diff", DiffAsync).Needs(Permission.VolumesRead).Produces<SnapshotDiff>();
    }

    private static async Task<IResult> LogAsync(
        string project, string volume, HttpContext context, VolumeStore store, VolumeRights rights, string? from = null, string? cursor = null, int? limit = null)
    {
        var (found, refused) = await VolumeAnswers.FindAsync(project, volume, context, store, rights, isWrite: false);
        if (found is null)
            return refused!;
        long? before = null;
        if (cursor is not null && (!long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || (before = number) is null))
            return Problems.Invalid("This is no cursor of a log; pass the 'next' of the page before.");
        var start = from is null ? null : await store.ResolveAsync(found, from);
        if (from is not null && start is null)
            return VolumeAnswers.NoSnapshot(found, from);
        var size = Math.Clamp(limit ?? PageSize, 1, PageSize);
        var page = await store.LogAsync(found, start?.Id, before, size + 1);
        return TypedResults.Json(
            new SnapshotList
            {
                Items = [.. page.Take(size).Select(static p => p.Snapshot)],
                Next = page.Count > size ? page[size - 1].Number.ToString(CultureInfo.InvariantCulture) : null,
            },
            VolumesJson.Default.SnapshotList);
    }

    private static async Task<IResult> CreateAsync(
        string project, string volume, CreateSnapshotRequest request, HttpContext context, VolumeStore store, VolumeRights rights, VolumeHistory history, PruneStore prunes)
    {
        var (found, refused) = await VolumeAnswers.FindAsync(project, volume, context, store, rights, isWrite: true);
        if (found is null)
            return refused!;
        return await CommitAsync(found, request, context.Caller().Account, store, history, prunes, context.RequestAborted) switch
        {
            ({ } made, _) => TypedResults.Json(made, VolumesJson.Default.CreatedSnapshot, statusCode: made.IsNew ? StatusCodes.Status201Created : StatusCodes.Status200OK),
            var (_, wrong) => wrong!,
        };
    }

    /// <summary>Makes a snapshot as a request says, for somebody who may; what was made, or what is answered otherwise.</summary>
    public static async Task<(CreatedSnapshot? Made, IResult? Refused)> CommitAsync(
        Volume found, CreateSnapshotRequest request, string author, VolumeStore store, VolumeHistory history, PruneStore prunes, CancellationToken cancellationToken)
    {
        if (!ChunkId.TryParse(request.Root, out var root))
            return (null, Problems.Invalid("'root' is no id: 64 hexadecimal digits."));
        if (request.Branch is not null && !Volume.IsRefName(request.Branch))
            return (null, Problems.Invalid($"'{VolumeAnswers.Shown(request.Branch)}' is no name of a branch: 1 to 63 letters, digits, hyphens, dots and underscores."));
        if (request.Message?.Length > Snapshot.MaxMessage)
            return (null, Problems.Invalid($"A message has at most {Snapshot.MaxMessage} characters."));
        if (request.Cause is not null && !Causes.Contains(request.Cause))
            return (null, Problems.Invalid($"'{VolumeAnswers.Shown(request.Cause)}' is no cause of a snapshot: {string.Join(", ", Causes)}."));
        var parent = request.Parent is null ? null : await store.ResolveAsync(found, request.Parent);
        if (request.Parent is not null && parent is null)
        {
            // Whoever has one that was pruned goes on from what is left of its line.
            var (isPruned, ancestor) = await prunes.FindAsync(found, request.Parent);
            if (!isPruned)
                return (null, VolumeAnswers.NoSnapshot(found, request.Parent));
            parent = ancestor is null ? null : await store.ResolveAsync(found, ancestor);
        }

        try
        {
            var said = new DirectoryRef(root, request.Entries, request.Files, request.Bytes);
            var (made, missing) = await history.CommitAsync(found, request, said, parent, author, cancellationToken);
            if (made is null && missing.Count == 0)
                return (null, Problems.Conflict("exists", $"'{request.Branch ?? Volume.Main}' is a tag of '{found.Path}', or there are {Volume.MostRefs} names already; take another branch, or remove tags."));
            if (made is null)
                return (null, Problems.Conflict("missing-chunks", $"{missing.Count} chunks that the tree leads to are not here, {missing.First()} among them; send what is missing, and ask again."));
            return (made, null);
        }
        catch (DamagedContentException e)
        {
            return (null, Problems.Invalid($"This is no tree: {e.Message}"));
        }
    }

    // What was put by S3 becomes a snapshot now and not when it has been quiet for a while.
    private static async Task<IResult> SettleAsync(
        string project, string volume, CommitVolumeRequest request, HttpContext context, VolumeStore store, VolumeRights rights, VolumeStaging staging)
    {
        var (found, refused) = await VolumeAnswers.FindAsync(project, volume, context, store, rights, isWrite: true);
        if (found is null)
            return refused!;
        if (request.Message?.Length > Snapshot.MaxMessage)
            return Problems.Invalid($"A message has at most {Snapshot.MaxMessage} characters.");
        return await staging.SettleAsync(found, request.Message, context.Caller().Account, context.RequestAborted) is { } made
            ? TypedResults.Json(made, VolumesJson.Default.CreatedSnapshot)
            : TypedResults.NoContent();
    }

    private static async Task<IResult> ShowAsync(string project, string volume, string snapshot, HttpContext context, VolumeStore store, VolumeRights rights)
    {
        var (found, refused) = await VolumeAnswers.FindAsync(project, volume, context, store, rights, isWrite: false);
        if (found is null)
            return refused!;
        return await store.ResolveAsync(found, snapshot) is { } one ? TypedResults.Json(one, VolumesJson.Default.ApiSnapshot) : VolumeAnswers.NoSnapshot(found, snapshot);
    }

    private static async Task<IResult> DiffAsync(
        string project, string volume, HttpContext context, VolumeStore store, VolumeRights rights, ProjectStores stores, string from, string? to = null)
    {
        var (found, refused) = await VolumeAnswers.FindAsync(project, volume, context, store, rights, isWrite: false);
        if (found is null)
            return refused!;
        if (await store.ResolveAsync(found, from) is not { } before)
            return VolumeAnswers.NoSnapshot(found, from);
        if (await store.ResolveAsync(found, to ?? Volume.Main) is not { } after)
            return VolumeAnswers.NoSnapshot(found, to ?? Volume.Main);
        var diff = new TreeDiff(await stores.OfAsync(project));
        var changes = await diff.CompareAsync(ChunkId.Parse(before.Root), ChunkId.Parse(after.Root), context.RequestAborted).Take(MostChanges + 1).ToListAsync(context.RequestAborted);
        return TypedResults.Json(
            new SnapshotDiff
            {
                From = before, To = after, IsCut = changes.Count > MostChanges,
                Changes = [.. TreeDiff.WithMoves(changes).Take(MostChanges).Select(static c => new PathChange
                {
                    Kind = c.Kind.ToString().ToLowerInvariant(), Path = c.Path, From = c.From, BytesBefore = c.Before?.Size, BytesAfter = c.After?.Size,
                })],
            },
            VolumesJson.Default.SnapshotDiff);
    }
}
