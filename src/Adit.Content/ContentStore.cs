using System.Buffers;
using Adit.Content.Chunks;
using Adit.Content.Index;
using Adit.Content.Packs;

namespace Adit.Content;

/// <summary>
/// The chunks of a project on a disk of this machine: one directory, which one process at a time has open. docs/reference/content.md says what lies in it.
/// </summary>
/// <remarks>
/// One may add, flush, look up and read from any number of threads. What reads or writes files waits for the disk on the thread that called.
/// </remarks>
public sealed partial class ContentStore : IChunkStore, IAsyncDisposable
{
    /// <summary>Most ids in one call.</summary>
    public const int MaxIds = 8192;

    // Small files lie many to a frame, and their directory says them in another order than they were added in: a few frames back is near enough.
    private const int CachedFrames = 8;

    // A collection moves a chunk at most once while somebody reads it; a pack that is still not there then is gone for another reason.
    private const int Attempts = 3;

    private readonly string _directory;
    private readonly TimeProvider _time;
    private readonly int _packFull;
    private readonly StoreFiles _files;
    private readonly StoreLock _lock;
    private readonly FrameCipher? _cipher;
    private readonly DamagedChunks _damaged;
    private readonly ChunkIndex _index;
    private readonly PackSet _packs;
    private readonly PackHandles _handles;
    private readonly StoreUpkeep _upkeep;
    private readonly DecompressorPool _decompressors = new();
    private readonly List<StoreFinding> _found = [];
    private int _isDisposed;

    private ContentStore(ContentStoreOptions options, StoreLock held)
    {
        _directory = Path.GetFullPath(options.Directory);
        (_time, _packFull, _lock, _files) = (options.TimeProvider, options.PackFull, held, new StoreFiles(options.Faults));
        _files.CreateDirectory(Path.Combine(_directory, "packs"));
        _files.CreateDirectory(Path.Combine(_directory, "index"));
        _cipher = StoreDescription.Open(_files, _directory, options.Key);
        _damaged = Index.DamagedChunks.Read(_files, Path.Combine(_directory, "damaged"));
        _index = new ChunkIndex(_files, Path.Combine(_directory, "index"), _damaged, _cipher, options.MemoryLimit);
        _packs = new PackSet(_files, _directory, _cipher, _index, options.PackFull);
        _handles = new PackHandles(_directory);
        _upkeep = new StoreUpkeep(_packs, _index);
    }

    /// <summary>What was not as it should be when the store was opened. What a crash leaves is not among it.</summary>
    public IReadOnlyList<StoreFinding> FoundAtOpening => _found;

    /// <summary>How much is in it now.</summary>
    public StoreStatistics Statistics
    {
        get
        {
            var packs = _packs.All();
            return new StoreStatistics(
                packs.Length,
                packs.Sum(static p => (long)Math.Max(p.SealedLength, p.To)),
                packs.Sum(static p => p.Plain),
                packs.Sum(static p => (long)p.Data),
                packs.Sum(static p => (long)p.Lists),
                packs.Sum(static p => (long)p.Directories),
                packs.Sum(static p => (long)p.Snapshots),
                _damaged.Count,
                _index.Bytes);
        }
    }

    /// <summary>Opens a store, or makes one. After a crash this cuts off what was never flushed and reads what the index does not know.</summary>
    /// <exception cref="IOException">Another process has it, it is none, its key is another, or the disk fails. The message is one sentence or two.</exception>
    public static Task<ContentStore> OpenAsync(ContentStoreOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Key != null)
            ArgumentOutOfRangeException.ThrowIfNotEqual(options.Key.Length, FrameCipher.KeySize);
        return Task.Run(() => Open(options, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask FindMissingAsync(ReadOnlyMemory<ChunkId> ids, Memory<bool> missing, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ids.Length, MaxIds);
        ArgumentOutOfRangeException.ThrowIfNotEqual(missing.Length, ids.Length);
        ThrowIfDisposed();
        var locations = ArrayPool<ChunkLocation>.Shared.Rent(ids.Length);
        _index.Find(ids.Span, locations, touch: true);
        for (var i = 0; i < ids.Length; i++)
            missing.Span[i] = locations[i].IsNone;
        ArrayPool<ChunkLocation>.Shared.Return(locations);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    /// <remarks>A frame all of whose chunks are here already is not kept. Any other is, as it is.</remarks>
    public ValueTask AddAsync(Frame frame, CancellationToken cancellationToken)
    {
        var plain = ArrayPool<byte>.Shared.Rent(frame.PlainLength);
        var decompressor = _decompressors.Rent();
        try
        {
            frame.DecodeAndCheck(plain, decompressor);
        }
        finally
        {
            _decompressors.Return(decompressor);
            ArrayPool<byte>.Shared.Return(plain);
        }

        return AddTrustedAsync(frame, cancellationToken);
    }

    /// <summary>This store for one who adds only frames that this process just made of chunks whose ids it computed: they are not looked at again.</summary>
    public IChunkStore ForOwnFrames => new OwnFrames(this);

    /// <summary>As <see cref="AddAsync"/> does, without a look at the chunks: for a frame that this process just made of chunks whose ids it computed.</summary>
    public ValueTask AddTrustedAsync(Frame frame, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        cancellationToken.ThrowIfCancellationRequested();
        if (_index.Waiting >= 2)
            return AddWhenCaughtUpAsync(frame, cancellationToken);
        Add(frame);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        return _packs.FlushAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask ReadAsync(ReadOnlyMemory<ChunkId> ids, ChunkReader read, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(read);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ids.Length, MaxIds);
        ThrowIfDisposed();
        var locations = ArrayPool<ChunkLocation>.Shared.Rent(ids.Length);
        var frames = new LoadedFrame?[CachedFrames];
        var oldest = 0;
        try
        {
            Locate(ids.Span, locations);
            for (var i = 0; i < ids.Length; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                ref var location = ref locations[i];
                if (Cached(frames, location) is not { } frame)
                {
                    frame = Load(ids.Span[i], ref location);
                    frames[oldest]?.Dispose();
                    frames[oldest] = frame;
                    oldest = (oldest + 1) % CachedFrames;
                }

                read(i, frame.Chunk(ids.Span[i], location, _decompressors));
            }
        }
        finally
        {
            foreach (var frame in frames)
                frame?.Dispose();
            ArrayPool<ChunkLocation>.Shared.Return(locations);
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Calls <paramref name="read"/> with each stored frame that holds one of <paramref name="ids"/>, once, in the order in which they are met. The chunks in it are not
    /// decoded and not checked: who gets them does that. A frame is good during the call.
    /// </summary>
    /// <exception cref="MissingContentException">One is not in the store; nothing was read.</exception>
    /// <exception cref="DamagedContentException">A frame cannot be read.</exception>
    public async ValueTask ReadFramesAsync(ReadOnlyMemory<ChunkId> ids, Func<Frame, CancellationToken, ValueTask> read, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(read);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ids.Length, MaxIds);
        ThrowIfDisposed();
        var locations = ArrayPool<ChunkLocation>.Shared.Rent(ids.Length);
        try
        {
            Locate(ids.Span, locations);
            HashSet<(uint Pack, uint Frame)> met = [];
            for (var i = 0; i < ids.Length; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!met.Add((locations[i].Pack, locations[i].Frame)))
                    continue;
                using var frame = Load(ids.Span[i], ref locations[i]);
                await read(frame.Frame, cancellationToken);
            }
        }
        finally
        {
            ArrayPool<ChunkLocation>.Shared.Return(locations);
        }
    }

    /// <summary>Waits for a check or a collection, flushes, writes the index and closes the store.</summary>
    /// <exception cref="IOException">The disk failed. The store is closed; what was flushed before is in it.</exception>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        await _checking.WaitAsync();
        try
        {
            await _upkeep.WaitAsync(CancellationToken.None);
            using (await _upkeep.TakeTurnAsync(CancellationToken.None))
            {
                await _packs.FlushAsync(CancellationToken.None);
                _index.FreezeAll();
                await _upkeep.WriteRunsAsync();
            }
        }
        finally
        {
            Release();
            _checking.Release();
        }
    }

    /// <summary>Lets go of everything without writing another byte, as a process does that is killed.</summary>
    internal async Task AbandonAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        await _checking.WaitAsync();
        await _upkeep.StopAsync();
        Release();
        _checking.Release();
    }

    private static ContentStore Open(ContentStoreOptions options, CancellationToken cancellationToken)
    {
        System.IO.Directory.CreateDirectory(options.Directory);
        var held = StoreLock.Take(options.Directory);
        ContentStore? store = null;
        try
        {
            store = new ContentStore(options, held);
            new PackRecovery(store._files, store._directory, store._cipher, store._index, store._packs, store._handles, store._found).Run(cancellationToken);
            store._upkeep.Wake();
            return store;
        }
        catch
        {
            store?.Release();
            held.Dispose();
            throw;
        }
    }

    private static LoadedFrame? Cached(LoadedFrame?[] frames, in ChunkLocation location)
    {
        foreach (var frame in frames)
        {
            if (frame != null && frame.Offset == location.Frame && frame.Pack == location.Pack)
                return frame;
        }

        return null;
    }

    private async ValueTask AddWhenCaughtUpAsync(Frame frame, CancellationToken cancellationToken)
    {
        await _upkeep.WaitAsync(cancellationToken);
        if (_index.Waiting >= 2)
            throw new IOException($"The index of the store in '{_directory}' cannot be written: {_upkeep.Failure?.Message}", _upkeep.Failure);
        Add(frame);
    }

    private void Add(in Frame frame)
    {
        var ids = ArrayPool<ChunkId>.Shared.Rent(frame.Count);
        var locations = ArrayPool<ChunkLocation>.Shared.Rent(frame.Count);
        Span<bool> present = stackalloc bool[frame.Count];
        for (var i = 0; i < frame.Count; i++)
            ids[i] = frame[i].Id;
        _index.Find(ids.AsSpan(0, frame.Count), locations, touch: true);
        var isNew = false;
        for (var i = 0; i < frame.Count; i++)
            isNew |= !(present[i] = !locations[i].IsNone);
        ArrayPool<ChunkId>.Shared.Return(ids);
        ArrayPool<ChunkLocation>.Shared.Return(locations);
        if (!isNew)
            return;
        _packs.Append(frame, present);
        _upkeep.Wake();
    }

    // Where each of the chunks is.
    private void Locate(ReadOnlySpan<ChunkId> ids, Span<ChunkLocation> locations)
    {
        _index.Find(ids, locations, touch: false);
        for (var i = 0; i < ids.Length; i++)
        {
            if (!locations[i].IsNone)
                continue;
            throw _damaged.PlaceOf(ids[i]) is { } place
                ? LoadedFrame.Damaged(ids[i], new ChunkLocation(place.Pack, place.Frame, 0, 0, 0, ChunkKind.Data), null)
                : new MissingContentException(ids[i]);
        }
    }

    // A collection may have moved the chunk since it was looked up: then it is somewhere else, and the pack is gone.
    private LoadedFrame Load(ChunkId id, ref ChunkLocation location)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return LoadedFrame.Read(_handles, _cipher, location);
            }
            catch (FileNotFoundException e) when (attempt == Attempts)
            {
                throw new DamagedContentException($"The chunk {id} cannot be read: the pack '{PackFormat.NameOf(location.Pack)}' is gone.", e);
            }
            catch (FileNotFoundException)
            {
                Locate(new ReadOnlySpan<ChunkId>(in id), new Span<ChunkLocation>(ref location));
            }
        }
    }

    private void Release()
    {
        _index.Dispose();
        _packs.Dispose();
        _handles.Dispose();
        _decompressors.Dispose();
        _cipher?.Dispose();
        _lock.Dispose();
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);

    private sealed class OwnFrames(ContentStore store) : IChunkStore
    {
        public ValueTask FindMissingAsync(ReadOnlyMemory<ChunkId> ids, Memory<bool> missing, CancellationToken cancellationToken) => store.FindMissingAsync(ids, missing, cancellationToken);

        public ValueTask AddAsync(Frame frame, CancellationToken cancellationToken) => store.AddTrustedAsync(frame, cancellationToken);

        public ValueTask FlushAsync(CancellationToken cancellationToken) => store.FlushAsync(cancellationToken);

        public ValueTask ReadAsync(ReadOnlyMemory<ChunkId> ids, ChunkReader read, CancellationToken cancellationToken) => store.ReadAsync(ids, read, cancellationToken);
    }
}
