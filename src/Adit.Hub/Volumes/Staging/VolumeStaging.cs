using System.Collections.Concurrent;
using Adit.Api;
using Adit.Content;
using Adit.Content.Chunks;
using Adit.Content.Trees;
using Adit.Hub.Access.Audit;
using Adit.Hub.Storage;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Volumes.Staging;

/// <summary>
/// Volumes as they are with what was put file by file and is in no snapshot yet. A change is on the disk when it is acknowledged, is seen at once by who reads here, and becomes
/// part of a snapshot when nothing was changed for a while, or when it is asked for. See docs/reference/s3.md, "Snapshots".
/// </summary>
internal sealed partial class VolumeStaging : IDisposable
{
    /// <summary>Nothing was changed for so long: time for a snapshot.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    /// <summary>The longest that a change waits for one.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private const int Tries = 3;
    private const int PageSize = 500;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, StagedVolume> _staged = new();
    private readonly ConcurrentDictionary<(string Project, string Name), (long Generation, Volume Volume, ApiSnapshot? Head)> _known = new();
    private readonly VolumeStore _volumes;
    private readonly StagingStore _store;
    private readonly ProjectStores _stores;
    private readonly VolumeHistory _history;
    private readonly TimeProvider _time;
    private readonly ILogger<VolumeStaging> _log;
    private readonly ITimer _timer;
    private int _isLooking;

    public VolumeStaging(VolumeStore volumes, StagingStore store, ProjectStores stores, VolumeHistory history, TimeProvider time, ILogger<VolumeStaging> log)
    {
        (_volumes, _store, _stores, _history, _time, _log) = (volumes, store, stores, history, time, log);
        history.Settle = HoldAsync;
        _timer = time.CreateTimer(static s => _ = ((VolumeStaging)s!).LookAsync(), this, LookEvery, LookEvery);
    }

    /// <summary>With so many changes it is time for a snapshot. When none can be made, or they come faster than it is made, a volume takes no more of them: twice as many at most.</summary>
    public int MostChanges { get; set; } = 100_000;

    /// <summary>Changes that are in no snapshot yet, for /metrics.</summary>
    public int Count => _staged.Values.Sum(static s => s.Changes.Count);

    /// <summary>Takes up what was staged when the hub was stopped or killed.</summary>
    public async Task LoadAsync()
    {
        foreach (var volume in await _store.VolumesAsync())
            (_staged[volume.Id] = new StagedVolume(volume)).FirstAt = _time.GetTimestamp();
    }

    /// <summary>The volume of this name, and the newest snapshot of its branch main; null for none. Asks the database only when a volume has changed.</summary>
    public async Task<(Volume Volume, ApiSnapshot? Head)?> FindAsync(string project, string name)
    {
        var generation = _volumes.Generation;
        if (_known.TryGetValue((project, name), out var known) && known.Generation == generation)
            return (known.Volume, known.Head);
        if (await _volumes.FindAsync(project, name) is not { } volume)
            return null;
        var head = await _volumes.BranchAsync(volume, Volume.Main);
        if (_known.Count > 10_000)
            _known.Clear();
        _known[(project, name)] = (generation, volume, head);
        return (volume, head);
    }

    /// <summary>The names of a project's volumes.</summary>
    public async Task<IReadOnlyList<string>> NamesAsync(string project)
    {
        var names = new List<string>();
        IReadOnlyList<Volume> page;
        for (string? after = null; (page = await _volumes.ListAsync(project, after, PageSize)).Count > 0; after = page[^1].Path)
            names.AddRange(page.Select(static v => v.Name));
        return names;
    }

    /// <summary>The snapshot that a branch, a tag, an id or the beginning of one names; null for none.</summary>
    public Task<ApiSnapshot?> ResolveAsync(Volume volume, string snapshot) => _volumes.ResolveAsync(volume, snapshot);

    /// <summary>Makes a volume; false when there is one of its name, or the project is full.</summary>
    public Task<bool> AddAsync(Volume volume, AuditEntry entry) => _volumes.AddAsync(volume, null, entry);

    /// <summary>The topmost directory of a volume as it is now.</summary>
    public async Task<LayeredDirectory> ViewAsync(Volume volume, ApiSnapshot? head, CancellationToken cancellationToken)
    {
        if (!_staged.TryGetValue(volume.Id, out var staged))
            return StagedVolume.RootOf(head);
        if (!staged.IsLoaded)
            await WithAsync(staged, static () => ValueTask.FromResult(true), cancellationToken);
        return staged.Changes.Count > 0 ? staged.Root : StagedVolume.RootOf((await FindAsync(volume.Project, volume.Name))?.Head);
    }

    /// <summary>Puts a file, makes a directory that stays when it is empty, or takes either away. On the disk when it returns.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="path">Where; with a slash at its end a directory. Its names are checked.</param>
    /// <param name="entry">What is put, all of it flushed; null takes away.</param>
    /// <param name="account">Who does it.</param>
    /// <param name="check">Is shown what is there, and throws to refuse.</param>
    /// <param name="cancellationToken">Gives up before anything is changed.</param>
    /// <exception cref="StorageException">The disk failed or is full, or too much is staged already; nothing was changed.</exception>
    public async Task<LayerOutcome> ChangeAsync(Volume volume, byte[] path, TreeEntry? entry, string account, Action<LayeredItem>? check, CancellationToken cancellationToken)
    {
        var staged = _staged.GetOrAdd(volume.Id, static (_, v) => new StagedVolume(v), volume);
        var content = await _stores.OfAsync(volume.Project);
        Task? stored = null;
        var outcome = await WithAsync(
            staged,
            async () =>
            {
                ThrowIfFull(staged);
                var tree = new LayeredTree(content);
                if (staged.Changes.Count == 0)
                    await staged.RestAsync((await FindAsync(volume.Project, volume.Name))?.Head, [], 0, content, cancellationToken);
                if (check is not null)
                    check(await tree.FindAsync(staged.Root, StagedChange.NamesOf(path), cancellationToken));
                var (change, result) = await staged.ApplyAsync(tree, path, entry, account, cancellationToken);
                if (change is null)
                    return result;
                staged.LastAt = _time.GetTimestamp();
                if (staged.Changes.Count == 1)
                    staged.FirstAt = staged.LastAt;
                Interlocked.Increment(ref staged.Underway);
                stored = _store.AddAsync(volume.Id, [change]);
                return result;
            },
            cancellationToken);
        if (stored is null)
            return outcome;
        try
        {
            await stored;
        }
        catch
        {
            staged.IsDoubted = true;
            throw;
        }
        finally
        {
            Interlocked.Decrement(ref staged.Underway);
        }

        return outcome;
    }

    /// <summary>Makes a snapshot of what is staged; null when nothing is.</summary>
    public async Task<CreatedSnapshot?> SettleAsync(Volume volume, string? message, string? author, CancellationToken cancellationToken)
    {
        if (!_staged.TryGetValue(volume.Id, out var staged))
            return null;
        await staged.Settling.WaitAsync(cancellationToken);
        try
        {
            return await SettleAsync(staged, message, author, isHeld: false, cancellationToken);
        }
        finally
        {
            staged.Settling.Release();
        }
    }

    /// <summary>Marks what is staged in a project as live. Asked before the snapshots are: what is staged becomes a snapshot, never the other way round.</summary>
    public async Task MarkAsync(string project, TreeMark mark, CancellationToken cancellationToken)
    {
        foreach (var file in await _store.FilesAsync(project))
            await mark.MarkAsync(file, cancellationToken);
    }

    /// <inheritdoc />
    public void Dispose() => _timer.Dispose();

    private static string MessageOf(IReadOnlyCollection<StagedChange> changes)
    {
        var (put, removed) = (changes.Count(static c => c.Entry is not null), changes.Count(static c => c.Entry is null));
        string[] parts = [put > 0 ? $"{put} put" : "", removed > 0 ? $"{removed} removed" : ""];
        return $"By S3: {string.Join(", ", parts.Where(static p => p.Length > 0))}";
    }

    private void ThrowIfFull(StagedVolume staged)
    {
        var count = staged.Changes.Count;
        if (count >= MostChanges && staged.Trouble is { } trouble)
            throw new StorageException($"{count} changes of '{staged.Volume.Path}' wait for a snapshot, and none can be made: {trouble} Mend that, then try again.");
        if (count / 2 >= MostChanges)
            throw new StorageException($"{count} changes of '{staged.Volume.Path}' wait for a snapshot, which is being made; try again in a minute.");
    }

    // What is staged is settled, and nothing more is until this is disposed.
    private async Task<IDisposable> HoldAsync(Volume volume, CancellationToken cancellationToken)
    {
        var staged = _staged.GetOrAdd(volume.Id, static (_, v) => new StagedVolume(v), volume);
        await staged.Settling.WaitAsync(cancellationToken);
        try
        {
            await SettleAsync(staged, null, null, isHeld: false, cancellationToken);
            await staged.Gate.WaitAsync(cancellationToken);
            try
            {
                await SettleAsync(staged, null, null, isHeld: true, cancellationToken);
                return new Hold(staged);
            }
            catch
            {
                staged.Gate.Release();
                throw;
            }
        }
        catch
        {
            staged.Settling.Release();
            throw;
        }
    }

    // What was staged is at fault here, and not what somebody pushes meanwhile.
    private async Task<CreatedSnapshot?> SettleAsync(StagedVolume staged, string? message, string? author, bool isHeld, CancellationToken cancellationToken)
    {
        try
        {
            var made = await MakeAsync(staged, message, author, isHeld, cancellationToken);
            staged.Trouble = null;
            return made;
        }
        catch (Exception e) when (e is DamagedContentException or MissingContentException)
        {
            staged.Trouble = $"{e.Message} Run 'adit store check'.";
            throw new StorageException($"What was put into '{staged.Volume.Path}' by S3 cannot become a snapshot: {staged.Trouble}", e);
        }
        catch (Exception e) when (e is StorageException or IOException)
        {
            staged.Trouble = e.Message;
            throw;
        }
    }

    private async Task<CreatedSnapshot?> MakeAsync(StagedVolume staged, string? message, string? author, bool isHeld, CancellationToken cancellationToken)
    {
        var volume = staged.Volume;
        var content = await _stores.OfAsync(volume.Project);
        for (var attempt = 1; ; attempt++)
        {
            var (root, on, changes) = await HeldAsync(staged, isHeld, () => (staged.Root, staged.Base, staged.Changes.ToArray()), cancellationToken);
            if (changes.Length == 0)
                return null;
            var settled = changes[^1].Seq;
            var stored = await ProjectStores.WriteAsync(volume.Project, async () =>
            {
                using var writer = new ChunkWriter(content.ForOwnFrames);
                var made = await new LayeredTree(content).StoreAsync(root, writer, cancellationToken);
                await writer.CompleteAsync(cancellationToken);
                return made;
            });
            var request = new CreateSnapshotRequest
            {
                Root = stored.Id.ToString(), Entries = stored.Entries, Files = stored.Files, Bytes = stored.Bytes, Parent = on?.Id, Cause = "upload", Message = message ?? MessageOf(changes),
                UploadedBytes = changes.Sum(static c => c.Entry?.Size ?? 0),
            };
            var (snapshot, missing) = await _history.CommitAsync(
                volume, request, stored, on, author ?? changes[^1].Account, connection => StagingStore.SetSettled(connection, volume.Id, settled), cancellationToken);
            if (snapshot is null && missing.Count > 0 && attempt < Tries)
                continue; // A collection began between the pages and the snapshot.
            if (snapshot is null)
                throw new StorageException($"What was put into '{volume.Path}' by S3 cannot become a snapshot: {(missing.Count > 0 ? $"{missing.Count} chunks are missing, {missing.First()} among them; run 'adit store check'" : "it has too many branches; remove some")}.");
            if (!snapshot.IsNew)
                await _store.SetSettledAsync(volume.Id, settled);
            if (snapshot.IsDiverged)
                LogDiverged(volume.Path, snapshot.Branch);
            await HeldAsync(
                staged,
                isHeld,
                async () =>
                {
                    var rest = staged.Changes.Where(c => c.Seq > settled).ToArray();
                    await staged.RestAsync(await _volumes.BranchAsync(volume, Volume.Main), rest, settled, content, cancellationToken);
                    staged.FirstAt = staged.LastAt;
                    return true;
                },
                cancellationToken);
            return snapshot;
        }
    }

    private Task<T> HeldAsync<T>(StagedVolume staged, bool isHeld, Func<T> look, CancellationToken cancellationToken) =>
        HeldAsync(staged, isHeld, () => ValueTask.FromResult(look()), cancellationToken);

    private async Task<T> HeldAsync<T>(StagedVolume staged, bool isHeld, Func<ValueTask<T>> look, CancellationToken cancellationToken)
    {
        if (!isHeld)
            return await WithAsync(staged, look, cancellationToken);
        await EnsureLoadedAsync(staged, cancellationToken);
        return await look();
    }

    private async Task<T> WithAsync<T>(StagedVolume staged, Func<ValueTask<T>> change, CancellationToken cancellationToken)
    {
        await staged.Gate.WaitAsync(cancellationToken);
        try
        {
            await EnsureLoadedAsync(staged, cancellationToken);
            return await change();
        }
        finally
        {
            staged.Gate.Release();
        }
    }

    private async ValueTask EnsureLoadedAsync(StagedVolume staged, CancellationToken cancellationToken)
    {
        if (staged.IsLoaded && !(staged.IsDoubted && Volatile.Read(ref staged.Underway) == 0))
            return;
        staged.IsDoubted = false;
        var (changes, seq) = await _store.LoadAsync(staged.Volume.Id);
        await staged.RestAsync(await _volumes.BranchAsync(staged.Volume, Volume.Main), changes, seq, await _stores.OfAsync(staged.Volume.Project), cancellationToken);
        (staged.FirstAt, staged.LastAt) = (_time.GetTimestamp(), _time.GetTimestamp());
        staged.IsLoaded = true;
    }

    private async Task LookAsync()
    {
        if (Interlocked.Exchange(ref _isLooking, 1) != 0)
            return;
        try
        {
            foreach (var (id, staged) in _staged)
            {
                var isDue = !staged.IsLoaded || (staged.Changes.Count > 0
                    && (_time.GetElapsedTime(staged.LastAt) >= Quiet || _time.GetElapsedTime(staged.FirstAt) >= Longest || staged.Changes.Count >= MostChanges));
                if (isDue)
                    await LookAtAsync(id, staged);
            }
        }
        finally
        {
            Volatile.Write(ref _isLooking, 0);
        }
    }

    private async Task LookAtAsync(string id, StagedVolume staged)
    {
        try
        {
            // A volume that was removed takes what was staged with it.
            if ((await _volumes.FindAsync(staged.Volume.Project, staged.Volume.Name))?.Id != id)
                _staged.TryRemove(id, out _);
            else
                await SettleAsync(staged.Volume, null, null, CancellationToken.None);
        }
        catch (Exception e) when (e is StorageException or IOException or ObjectDisposedException)
        {
            LogNotSettled(staged.Volume.Path, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "What was put into {Volume} by S3 is on the branch {Branch}: main had gone on.")]
    private partial void LogDiverged(string volume, string branch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What was put into {Volume} by S3 is no snapshot yet: {Reason}")]
    private partial void LogNotSettled(string volume, string reason);

    private sealed class Hold(StagedVolume staged) : IDisposable
    {
        public void Dispose()
        {
            staged.Gate.Release();
            staged.Settling.Release();
        }
    }
}
