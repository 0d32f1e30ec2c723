using System.Text;
using Adit.Api;
using Adit.Content;
using Adit.Content.Chunks;
using Adit.Content.Trees;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Adit.Hub.Volumes;

/// <summary>Beneath a volume: directories and files of its snapshots.</summary>
internal static class FileEndpoints
{
    private const int PageSize = 1000;
    private const int LongestPath = 16_384;
    private const int PartsAtOnce = 64;

    public static void MapFiles(this IEndpointRouteBuilder volume)
    {
        volume.MapGet("/files", ListAsync).Needs(Permission.VolumesRead).Produces<FileList>();
        volume.MapGet("/content", ReadAsync).Needs(Permission.VolumesRead).Produces(StatusCodes.Status200OK, contentType: "application/octet-stream");
    }

    private static async Task<IResult> ListAsync(
        string project, string volume, HttpContext context, VolumeStore store, VolumeRights rights, ProjectStores stores,
        string? at = null, string? path = null, string? cursor = null, int? limit = null)
    {
        var (found, refused) = await VolumeAnswers.FindAsync(project, volume, context, store, rights, isWrite: false);
        if (found is null)
            return refused!;
        if (await store.ResolveAsync(found, at ?? Volume.Main) is not { } snapshot)
            return VolumeAnswers.NoSnapshot(found, at ?? Volume.Main);
        var content = await stores.OfAsync(project);
        var entry = await FindAsync(content, snapshot, path ?? "", context.RequestAborted);
        if (entry is not { Type: EntryType.Directory })
            return Problems.NotFound($"directory '{VolumeAnswers.Shown(path ?? "")}' in this snapshot");
        var size = Math.Clamp(limit ?? PageSize, 1, PageSize);
        var page = await new TreeReader(content).ListAsync(entry.Content, Encoding.UTF8.GetBytes(cursor ?? ""), context.RequestAborted)
            .Take(size + 1).ToListAsync(context.RequestAborted);
        return TypedResults.Json(
            new FileList { Snapshot = snapshot.Id, Items = [.. page.Take(size).Select(View)], Next = page.Count > size ? page[size - 1].DisplayName : null },
            VolumesJson.Default.FileList);
    }

    // Bytes of a file, always as something to keep: what users put into volumes is never a page of this host.
    private static async Task<IResult> ReadAsync(
        string project, string volume, HttpContext context, VolumeStore store, VolumeRights rights, ProjectStores stores, string path, string? at = null)
    {
        var (found, refused) = await VolumeAnswers.FindAsync(project, volume, context, store, rights, isWrite: false);
        if (found is null)
            return refused!;
        if (await store.ResolveAsync(found, at ?? Volume.Main) is not { } snapshot)
            return VolumeAnswers.NoSnapshot(found, at ?? Volume.Main);
        var content = await stores.OfAsync(project);
        if (await FindAsync(content, snapshot, path, context.RequestAborted) is not { Type: EntryType.File } file)
            return Problems.NotFound($"file '{VolumeAnswers.Shown(path)}' in this snapshot");
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = file.Size;
        context.Response.Headers.ContentDisposition = "attachment";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.ETag = $"\"{(file.Form == FileForm.Inline ? ChunkId.Of(file.Inline) : file.Content)}\"";
        await WriteAsync(content, file, context.Response.Body, context.RequestAborted);
        return Results.Empty;
    }

    private static async Task WriteAsync(ContentStore content, TreeEntry file, Stream to, CancellationToken cancellationToken)
    {
        if (file.Form == FileForm.Inline)
            await to.WriteAsync(file.Inline, cancellationToken);
        await foreach (var parts in new TreeReader(content).PartsAsync(file, cancellationToken).Chunk(PartsAtOnce).WithCancellation(cancellationToken))
        {
            using var buffer = new MemoryStream();
            foreach (var part in parts)
            {
                if (part.IsHole)
                    await WriteZerosAsync(to, part.Length, cancellationToken);
                else
                    await content.ReadAsync(new[] { part.Id }, (_, chunk) => buffer.Write(chunk), cancellationToken);
                await to.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), cancellationToken);
                buffer.SetLength(0);
            }
        }
    }

    private static async Task WriteZerosAsync(Stream to, long length, CancellationToken cancellationToken)
    {
        var zeros = new byte[Math.Min(length, 1 << 16)];
        for (; length > 0; length -= zeros.Length)
            await to.WriteAsync(zeros.AsMemory(0, (int)Math.Min(length, zeros.Length)), cancellationToken);
    }

    private static async Task<TreeEntry?> FindAsync(ContentStore content, ApiSnapshot snapshot, string path, CancellationToken cancellationToken)
    {
        TreeEntry? entry = new() { Name = [], Type = EntryType.Directory, Content = ChunkId.Parse(snapshot.Root), Entries = snapshot.Entries, Files = snapshot.Files, Size = snapshot.Bytes };
        if (path.Length > LongestPath)
            return null;
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (entry is not { Type: EntryType.Directory })
                return null;
            entry = await new TreeReader(content).FindAsync(entry.Content, Encoding.UTF8.GetBytes(name), cancellationToken);
        }

        return entry;
    }

    private static FileEntry View(TreeEntry entry) => new()
    {
        Name = entry.DisplayName,
        Type = entry.Type.ToString().ToLowerInvariant(),
        Bytes = entry.Size,
        Files = entry.Type == EntryType.Directory ? entry.Files : null,
        Mode = entry.Mode,
        Modified = entry.Type == EntryType.Directory ? null : entry.Modified.ToDateTimeOffset(),
        Target = entry.Type == EntryType.Link ? Encoding.UTF8.GetString(entry.Target) : null,
    };
}
