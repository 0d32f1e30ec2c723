using Adit.Api;
using Adit.Content;
using Adit.Content.Chunks;
using Adit.Content.Snapshots;
using Adit.Content.Trees;

namespace Adit.Hub.Volumes;

/// <summary>
/// Makes snapshots. A snapshot is one when the database says so, in one commit with the branch that goes on with it: before that everything that it leads to was looked for,
/// its own chunk added, and all of it flushed to the disk.
/// </summary>
internal sealed class VolumeHistory(VolumeStore store, ProjectStores stores, VolumeMeter meter, TimeProvider time)
{
    private const int MostLookedAt = 100;

    /// <summary>Asked before a snapshot is made of a volume: settles what is staged there, and keeps more of it out until the answer is disposed. Null when nothing is ever staged.</summary>
    public Func<Volume, CancellationToken, Task<IDisposable>>? Settle { get; set; }

    /// <summary>
    /// Whoever lets a branch go on holds this meanwhile: what was put file by file before is in a snapshot, and nothing more is put. It was acknowledged first, so it comes first.
    /// </summary>
    /// <exception cref="Storage.StorageException">The disk failed or is full.</exception>
    public async Task<IDisposable?> SettledAsync(Volume volume, CancellationToken cancellationToken) => Settle is { } settle ? await settle(volume, cancellationToken) : null;

    /// <summary>Makes a snapshot of a tree.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="request">What was asked for; its names and lengths are checked.</param>
    /// <param name="root">The tree.</param>
    /// <param name="parent">The snapshot that it changes; null for none.</param>
    /// <param name="author">Who makes it.</param>
    /// <param name="cancellationToken">Gives up before anything is changed.</param>
    /// <returns>What was made, or the chunks that have to be sent first; neither when there can be no such branch.</returns>
    /// <exception cref="DamagedContentException">The tree is none.</exception>
    /// <exception cref="Storage.StorageException">The disk failed or is full.</exception>
    public async Task<(CreatedSnapshot? Made, IReadOnlyCollection<ChunkId> Missing)> CommitAsync(
        Volume volume, CreateSnapshotRequest request, DirectoryRef root, ApiSnapshot? parent, string author, CancellationToken cancellationToken)
    {
        using var settled = await SettledAsync(volume, cancellationToken);
        return await CommitAsync(volume, request, root, parent, author, null, cancellationToken);
    }

    /// <summary>Makes a snapshot of what was staged: the same without <see cref="Settle"/>, and <paramref name="also"/> becomes true with it.</summary>
    public async Task<(CreatedSnapshot? Made, IReadOnlyCollection<ChunkId> Missing)> CommitAsync(
        Volume volume, CreateSnapshotRequest request, DirectoryRef root, ApiSnapshot? parent, string author, Action<Microsoft.Data.Sqlite.SqliteConnection>? also, CancellationToken cancellationToken)
    {
        var content = await stores.OfAsync(volume.Project);
        return await stores.TurnsOf(volume).TakeAsync(async () =>
        {
            var branch = request.Branch ?? Volume.Main;
            var head = await store.BranchAsync(volume, branch);
            // Nothing is different from what is there: that is what was asked for, whoever made it.
            if (head is not null && head.Root == request.Root && stores.IsWhole(volume, head.Root))
                return (new CreatedSnapshot { Snapshot = head, Branch = branch, IsNew = false, IsDiverged = false }, []);

            // From here to the database no collection begins: what is found now is there when the snapshot is.
            using var hold = await content.HoldAsync(cancellationToken);
            var known = parent is not null && stores.IsWhole(volume, parent.Root) ? ChunkId.Parse(parent.Root) : default;
            var missing = await new TreeVerifier(content).VerifyAsync(root, known, cancellationToken);
            if (missing.Count > 0)
                return ((CreatedSnapshot?)null, missing);
            stores.SetWhole(volume, request.Root);
            if (await MadeAsync(volume, request, branch, head, parent, author) is { } made)
                return (made, []);
            var snapshot = await ProjectStores.WriteAsync(volume.Project, async () =>
            {
                var added = await AddChunkAsync(content, volume, request, parent, author, cancellationToken);
                await content.FlushAsync(cancellationToken);
                return added;
            });
            var on = await store.CommitAsync(volume, snapshot, branch, parent?.Id, Volume.BranchBeside(branch, author, snapshot.Id), also);
            if (on is null)
                return (null, []);
            meter.Made(isDiverged: on != branch);
            snapshot.Refs = [on];
            return (new CreatedSnapshot { Snapshot = snapshot, Branch = on, IsNew = true, IsDiverged = on != branch }, []);
        });
    }

    /// <summary>
    /// Lets a branch go on with a tree that was made of its newest snapshot, the first of <paramref name="parents"/>, and perhaps of others. Nothing is made when it is not there any more.
    /// </summary>
    /// <returns>What was made, or the chunks that are missing; neither when the branch has gone on.</returns>
    /// <exception cref="DamagedContentException">The tree is none.</exception>
    /// <exception cref="Storage.StorageException">The disk failed or is full.</exception>
    public async Task<(ApiSnapshot? Made, IReadOnlyCollection<ChunkId> Missing)> GoOnAsync(
        Volume volume, DirectoryRef root, string branch, IReadOnlyList<ApiSnapshot> parents, string message, string cause, string author, CancellationToken cancellationToken)
    {
        using var settled = await SettledAsync(volume, cancellationToken);
        var content = await stores.OfAsync(volume.Project);
        return await stores.TurnsOf(volume).TakeAsync(async () =>
        {
            using var hold = await content.HoldAsync(cancellationToken);
            var known = stores.IsWhole(volume, parents[0].Root) ? ChunkId.Parse(parents[0].Root) : default;
            var missing = await new TreeVerifier(content).VerifyAsync(root, known, cancellationToken);
            if (missing.Count > 0)
                return ((ApiSnapshot?)null, missing);
            stores.SetWhole(volume, root.Id.ToString());
            if ((await store.BranchAsync(volume, branch))?.Id != parents[0].Id)
                return (null, []);
            var snapshot = await ProjectStores.WriteAsync(volume.Project, async () =>
            {
                var made = new Snapshot
                {
                    Volume = volume.Path, Root = root.Id.ToString(), Entries = root.Entries, Files = root.Files, Bytes = root.Bytes,
                    Parents = [.. parents.Select(static p => p.Id)], Author = author, Message = message, Cause = cause, Created = time.GetUtcNow(),
                };
                var added = await AddChunkAsync(content, made, 0, cancellationToken);
                await content.FlushAsync(cancellationToken);
                return added;
            });
            if (await store.CommitAsync(volume, snapshot, branch, parents[0].Id, other: null) is null)
                return (null, []);
            meter.Made(isDiverged: false);
            snapshot.Refs = [branch];
            return (snapshot, []);
        });
    }

    // What is there already: the branch's newest; or, when others went on from it meanwhile, the one that was made of the same request, whose answer was lost on its way.
    private async Task<CreatedSnapshot?> MadeAsync(Volume volume, CreateSnapshotRequest request, string branch, ApiSnapshot? head, ApiSnapshot? parent, string author)
    {
        if (head is null)
            return null;
        if (head.Root == request.Root)
            return new CreatedSnapshot { Snapshot = head, Branch = branch, IsNew = false, IsDiverged = false };
        if (head.Id == parent?.Id)
            return null;
        var isSame = bool (ApiSnapshot s) => s.Root == request.Root && s.Author == author && s.Message == (request.Message ?? "") && s.Parents.SequenceEqual(parent is null ? [] : [parent.Id]);
        if ((await store.LogAsync(volume, head.Id, null, MostLookedAt)).Select(static s => s.Snapshot).FirstOrDefault(isSame) is { } on)
            return new CreatedSnapshot { Snapshot = on, Branch = branch, IsNew = false, IsDiverged = false };
        var beside = (await store.LogAsync(volume, null, null, MostLookedAt)).Select(static s => s.Snapshot)
            .FirstOrDefault(s => isSame(s) && s.Refs.Any(r => r.StartsWith(branch + "-", StringComparison.Ordinal)));
        return beside is null ? null : new CreatedSnapshot { Snapshot = beside, Branch = beside.Refs.First(r => r.StartsWith(branch + "-", StringComparison.Ordinal)), IsNew = false, IsDiverged = true };
    }

    private Task<ApiSnapshot> AddChunkAsync(
        ContentStore content, Volume volume, CreateSnapshotRequest request, ApiSnapshot? parent, string author, CancellationToken cancellationToken) =>
        AddChunkAsync(
            content,
            new Snapshot
            {
                Volume = volume.Path, Root = request.Root, Entries = request.Entries, Files = request.Files, Bytes = request.Bytes,
                Parents = parent is null ? [] : [parent.Id], Author = author, Message = request.Message ?? "", Cause = request.Cause ?? "manual", Created = time.GetUtcNow(),
            },
            request.UploadedBytes ?? 0,
            cancellationToken);

    private static async Task<ApiSnapshot> AddChunkAsync(ContentStore content, Snapshot snapshot, long uploadedBytes, CancellationToken cancellationToken)
    {
        using var writer = new ChunkWriter(content);
        var chunk = await writer.PutAsync(ChunkKind.Snapshot, snapshot.ToChunk(), cancellationToken);
        await writer.CompleteAsync(cancellationToken);
        return new ApiSnapshot
        {
            Id = chunk.ToString(), Root = snapshot.Root, Entries = snapshot.Entries, Files = snapshot.Files, Bytes = snapshot.Bytes, Parents = snapshot.Parents,
            Author = snapshot.Author, Message = snapshot.Message, Cause = snapshot.Cause, Created = snapshot.Created, UploadedBytes = uploadedBytes,
        };
    }
}
