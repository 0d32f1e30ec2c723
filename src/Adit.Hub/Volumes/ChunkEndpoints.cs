using System.Buffers;
using System.Runtime.InteropServices;
using Adit.Content;
using Adit.Content.Chunks;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;

namespace Adit.Hub.Volumes;

/// <summary>
/// Beneath a volume: the chunks of its project, in binary. <c>missing</c> takes ids and answers a bit for each; <c>add</c> takes frames; <c>read</c> takes ids and answers the frames
/// that hold them. See docs/reference/volumes.md.
/// </summary>
internal static class ChunkEndpoints
{
    private const int MostIds = ContentStore.MaxIds;
    private const long MostOfAdd = 64 << 20;

    public static void MapChunks(this IEndpointRouteBuilder volume)
    {
        volume.MapPost("/chunks/missing", MissingAsync).Needs(Permission.VolumesWrite).TakesIds();
        volume.MapPost("/chunks/add", AddAsync).Needs(Permission.VolumesWrite).TakesFrames();
        volume.MapPost("/chunks/read", ReadAsync).Needs(Permission.VolumesRead).TakesIds();
    }

    /// <summary>Its body is ids, as many as are taken at once.</summary>
    public static RouteHandlerBuilder TakesIds(this RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new BodyBound(MostIds * ChunkId.Size));

    /// <summary>Its body is frames, as many bytes as are taken at once.</summary>
    public static RouteHandlerBuilder TakesFrames(this RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new BodyBound(MostOfAdd)).Produces(StatusCodes.Status204NoContent);

    private static async Task<IResult> MissingAsync(string project, string volume, HttpContext context, VolumeStore store, VolumeRights rights, ProjectStores stores)
    {
        var (found, refused) = await VolumeAnswers.FindAsync(project, volume, context, store, rights, isWrite: true);
        return found is null ? refused! : await FindMissingAsync(found.Project, context, stores);
    }

    /// <summary>Which chunks a project does not have, for a caller who may write there.</summary>
    public static async Task<IResult> FindMissingAsync(string project, HttpContext context, ProjectStores stores)
    {
        if (await IdsAsync(context) is not { } ids)
            return NoIds();
        var missing = new bool[ids.Length];
        await (await stores.OfAsync(project)).FindMissingAsync(ids, missing, context.RequestAborted);
        var bits = new byte[(ids.Length + 7) / 8];
        for (var i = 0; i < missing.Length; i++)
            bits[i / 8] |= (byte)(missing[i] ? 1 << (i % 8) : 0);
        return TypedResults.Bytes(bits, "application/octet-stream");
    }

    private static async Task<IResult> AddAsync(string project, string volume, HttpContext context, VolumeStore store, VolumeRights rights, ProjectStores stores, VolumeMeter meter)
    {
        var (found, refused) = await VolumeAnswers.FindAsync(project, volume, context, store, rights, isWrite: true);
        return found is null ? refused! : await TakeAsync(found.Project, context, stores, meter);
    }

    /// <summary>
    /// Chunks for a project, of a caller who may write there. Frame by frame: what came before a cut or a bad frame is kept, and is found by the next who asks what is missing.
    /// </summary>
    public static async Task<IResult> TakeAsync(string project, HttpContext context, ProjectStores stores, VolumeMeter meter)
    {
        var content = await stores.ToFillAsync(project);
        var buffer = ArrayPool<byte>.Shared.Rent(Frame.MaxTotal);
        try
        {
            while (await context.Request.Body.ReadAtLeastAsync(buffer.AsMemory(0, Frame.FixedHeader), Frame.FixedHeader, throwOnEndOfStream: false, context.RequestAborted) is var read and > 0)
            {
                var length = read < Frame.FixedHeader ? 0 : Frame.TotalLength(buffer.AsSpan(0, Frame.FixedHeader));
                if (length == 0)
                    return Problems.Invalid("The body is not made of frames; see docs/reference/content.md.");
                var rest = buffer.AsMemory(Frame.FixedHeader, length - Frame.FixedHeader);
                if (await context.Request.Body.ReadAtLeastAsync(rest, rest.Length, throwOnEndOfStream: false, context.RequestAborted) < rest.Length)
                    return Problems.Invalid("The body ends within a frame; send it again.");
                if (!Frame.TryParse(buffer.AsMemory(0, length), out var frame))
                    return Problems.Invalid("A frame of the body is none; see docs/reference/content.md.");
                await ProjectStores.WriteAsync(project, async () =>
                {
                    await content.AddAsync(frame, context.RequestAborted);
                    return true;
                });
                meter.Received(length);
            }

            await ProjectStores.WriteAsync(project, async () =>
            {
                await content.FlushAsync(context.RequestAborted);
                return true;
            });
            return TypedResults.NoContent();
        }
        catch (DamagedContentException e)
        {
            return Problems.Invalid($"{e.Message} Send it again.");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task<IResult> ReadAsync(string project, string volume, HttpContext context, VolumeStore store, VolumeRights rights, ProjectStores stores, VolumeMeter meter)
    {
        var (found, refused) = await VolumeAnswers.FindAsync(project, volume, context, store, rights, isWrite: false);
        return found is null ? refused! : await GiveAsync(found.Project, context, stores, meter);
    }

    /// <summary>Chunks of a project, for a caller who may read there.</summary>
    public static async Task<IResult> GiveAsync(string project, HttpContext context, ProjectStores stores, VolumeMeter meter)
    {
        if (await IdsAsync(context) is not { } ids)
            return NoIds();
        context.Response.ContentType = "application/octet-stream";
        try
        {
            await (await stores.OfAsync(project)).ReadFramesAsync(
                ids,
                async (frame, cancellationToken) =>
                {
                    await context.Response.Body.WriteAsync(frame.Bytes, cancellationToken);
                    meter.Sent(frame.Bytes.Length);
                },
                context.RequestAborted);
            return Results.Empty;
        }
        catch (Exception e) when (!context.Response.HasStarted && e is MissingContentException or DamagedContentException)
        {
            return e is MissingContentException ? Problems.Of(StatusCodes.Status404NotFound, "missing-chunks", e.Message) : Problems.Of(StatusCodes.Status500InternalServerError, "damaged", e.Message);
        }
    }

    private static IResult NoIds() => Problems.Invalid($"The body must be 1 to {MostIds} ids of {ChunkId.Size} bytes each.");

    private static async Task<ChunkId[]?> IdsAsync(HttpContext context)
    {
        var bytes = new byte[(MostIds * ChunkId.Size) + 1];
        var length = await context.Request.Body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, context.RequestAborted);
        return length == 0 || length % ChunkId.Size != 0 || length == bytes.Length ? null : MemoryMarshal.Cast<byte, ChunkId>(bytes.AsSpan(0, length)).ToArray();
    }

    private sealed class BodyBound(long most) : IRequestSizeLimitMetadata
    {
        public long? MaxRequestBodySize => most;
    }
}
