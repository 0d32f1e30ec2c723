using Adit.Api;
using Adit.Content;
using Adit.Content.Chunks;
using Adit.Content.Merging;
using Adit.Content.Snapshots;
using Adit.Content.Trees;
using Adit.Hub.Access;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Adit.Hub.Volumes;

/// <summary>Beneath a volume: merges, what two snapshots come from, and files taken back.</summary>
internal static class MergeEndpoints
{
    private const int MostResolved = MergeResult.MostConflicts;
    private const int MostPaths = 10_000;

    private static readonly Dictionary<string, Resolution> Resolutions = new(StringComparer.Ordinal)
    {
        ["ours"] = Resolution.Ours, ["theirs"] = Resolution.Theirs, ["both"] = Resolution.Both,
    };

    public static void MapMerges(this IEndpointRouteBuilder volume)
    {
        volume.MapPost("/merges", MergeAsync).Needs(Permission.VolumesWrite).Produces<MergeOutcome>();
        volume.MapGet("/common", CommonAsync).Needs(Permission.VolumesRead).Produces<ApiSnapshot>();
        volume.MapPost("/restores", RestoreAsync).Needs(Permission.VolumesWrite).Produces<CreatedSnapshot>();
    }

    private static async Task<IResult> MergeAsync(
        string project, string volume, MergeRequest request, HttpContext context, VolumeStore store, VolumeRights rights, PruneStore prunes, VolumeHistory history, VolumeMerges merges)
    {
        var (found, refused) = await VolumeAnswers.FindAsync(project, volume, context, store, rights, isWrite: true);
        if (found is null)
            return refused!;
        var branch = request.Into ?? Volume.Main;
        if (request.Message?.Length > Snapshot.MaxMessage)
            return Problems.Invalid($"A message has at most {Snapshot.MaxMessage} characters.");
        if (request.Resolve?.Count > MostResolved)
            return Problems.Invalid($"At most {MostResolved} paths are decided one by one; say 'resolveRest' for all others.");
        var unknown = (request.Resolve?.Values ?? []).Append(request.ResolveRest ?? "ours").FirstOrDefault(static r => r is null || !Resolutions.ContainsKey(r));
        if (unknown is not null || request.Resolve?.Values.Any(static r => r is null) == true)
            return Problems.Invalid($"'{VolumeAnswers.Shown(unknown ?? "")}' decides nothing: ours, theirs or both.");
        ChunkId root = default;
        if (request.Root is not null && !ChunkId.TryParse(request.Root, out root))
            return Problems.Invalid("'root' is no id: 64 hexadecimal digits.");
        if (await ResolveAsync(found, request.From, store, prunes) is not { } from)
            return VolumeAnswers.NoSnapshot(found, request.From);
        (await history.SettledAsync(found, context.RequestAborted))?.Dispose();
        if (await store.BranchAsync(found, branch) is not { } into)
            return Problems.NotFound($"branch '{VolumeAnswers.Shown(branch)}' of '{found.Path}'");
        if (request.Parent is { } expected && (await store.ResolveAsync(found, expected))?.Id != into.Id)
            return Moved(found, branch, into);
        var asked = new AskedMerge(from, into, branch, request.Message, request.IsDry)
        {
            Tree = request.Root is null ? null : new DirectoryRef(root, request.Entries, request.Files, request.Bytes),
            Options = new MergeOptions
            {
                Resolve = (request.Resolve ?? new Dictionary<string, string>()).ToDictionary(static r => r.Key, static r => Resolutions[r.Value], StringComparer.Ordinal),
                ResolveRest = request.ResolveRest is null ? null : Resolutions[request.ResolveRest],
            },
        };
        try
        {
            var (outcome, problem) = await merges.MergeAsync(found, asked, context.Caller().Account, context.RequestAborted);
            return outcome is not null ? TypedResults.Json(outcome, VolumesJson.Default.MergeOutcome) : problem switch
            {
                { Needless: { } path } => Problems.Invalid($"There is nothing to decide at '{VolumeAnswers.Shown(path)}': leave it out."),
                { Missing: { } chunk } => Problems.Conflict("missing-chunks", $"Chunks that the tree leads to are not here, {chunk} among them; send what is missing, and ask again."),
                _ => Moved(found, branch, into),
            };
        }
        catch (TooManyConflictsException e)
        {
            return Problems.Invalid(e.Message);
        }
        catch (DamagedContentException e) when (request.Root is not null)
        {
            return Problems.Invalid($"This is no tree: {e.Message}");
        }
    }

    private static async Task<IResult> CommonAsync(string project, string volume, HttpContext context, VolumeStore store, VolumeRights rights, PruneStore prunes, string of, string and)
    {
        var (found, refused) = await VolumeAnswers.FindAsync(project, volume, context, store, rights, isWrite: false);
        if (found is null)
            return refused!;
        if (await ResolveAsync(found, of, store, prunes) is not { } one)
            return VolumeAnswers.NoSnapshot(found, of);
        if (await ResolveAsync(found, and, store, prunes) is not { } other)
            return VolumeAnswers.NoSnapshot(found, and);
        return await store.CommonAsync(found, one.Id, other.Id) is { } common
            ? TypedResults.Json(common, VolumesJson.Default.ApiSnapshot)
            : Problems.NotFound($"snapshot of '{found.Path}' that both come from");
    }

    private static async Task<IResult> RestoreAsync(
        string project, string volume, RestoreRequest request, HttpContext context, VolumeStore store, VolumeRights rights, VolumeHistory history, VolumeMerges merges)
    {
        var (found, refused) = await VolumeAnswers.FindAsync(project, volume, context, store, rights, isWrite: true);
        if (found is null)
            return refused!;
        var branch = request.Branch ?? Volume.Main;
        if (request.Message?.Length > Snapshot.MaxMessage)
            return Problems.Invalid($"A message has at most {Snapshot.MaxMessage} characters.");
        if (request.Paths is { Count: 0 or > MostPaths })
            return Problems.Invalid($"1 to {MostPaths} paths are taken back, or all when none are said.");
        if (request.Paths?.Any(static p => p is null) == true)
            return Problems.Invalid("One of 'paths' is null: each is a text.");
        if (await store.ResolveAsync(found, request.From) is not { } from)
            return VolumeAnswers.NoSnapshot(found, request.From);
        (await history.SettledAsync(found, context.RequestAborted))?.Dispose();
        if (await store.BranchAsync(found, branch) is not { } into)
            return Problems.NotFound($"branch '{VolumeAnswers.Shown(branch)}' of '{found.Path}'");
        var (made, problem) = await merges.RestoreAsync(found, from, into, branch, request, context.Caller().Account, context.RequestAborted);
        return made is not null ? TypedResults.Json(made, VolumesJson.Default.CreatedSnapshot) : problem switch
        {
            { Nowhere: { } path } => Problems.NotFound($"path '{VolumeAnswers.Shown(path)}' in the snapshot, nor on {branch}"),
            { Missing: { } chunk } => Problems.Conflict("missing-chunks", $"Content of the snapshot is not here, {chunk} among it; an admin runs 'adit store check'."),
            { Nested: { } path } => Problems.Invalid($"'{VolumeAnswers.Shown(path)}' is named twice, or is within another of the paths: name it once."),
            _ => Moved(found, branch, into),
        };
    }

    // Whoever has one that was pruned goes on from what is left of its line.
    private static async Task<ApiSnapshot?> ResolveAsync(Volume volume, string name, VolumeStore store, PruneStore prunes) =>
        await store.ResolveAsync(volume, name) is { } there ? there
        : await prunes.FindAsync(volume, name) is { IsPruned: true, Ancestor: { } ancestor } ? await store.ResolveAsync(volume, ancestor) : null;

    private static IResult Moved(Volume volume, string branch, ApiSnapshot at) =>
        Problems.Conflict("moved", $"The branch {branch} of '{volume.Path}' has gone on from where it was (it was at {at.Id[..12]}); look at what is new, and ask again.");
}
