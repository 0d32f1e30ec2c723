namespace Adit.Content.Chunks;

/// <summary>
/// Brings chunks to a store: asks in batches which are missing, compresses these together and adds them. For one thread at a time; several writers may share
/// a store. Chunks are in the store when <see cref="CompleteAsync"/> has returned, and on its disk after the store's <see cref="IChunkStore.FlushAsync"/>.
/// When the store throws, what was taken is lost with it: the writer takes no more.
/// </summary>
public sealed class ChunkWriter(IChunkStore store) : IDisposable
{
    private const int BatchBytes = 1 << 20;
    private const int BatchChunks = 2048;
    private const int Remembered = 16384;

    private readonly byte[] _batch = new byte[BatchBytes + Frame.MaxChunk];
    private readonly ChunkId[] _ids = new ChunkId[BatchChunks];
    private readonly (int Offset, int Length, ChunkKind Kind)[] _places = new (int, int, ChunkKind)[BatchChunks];
    private readonly bool[] _missing = new bool[BatchChunks];
    private readonly HashSet<ChunkId> _seen = [];
    private readonly FrameWriter _data = new();
    private readonly FrameWriter _other = new();
    private int _count;
    private int _used;
    private bool _hasFailed;

    /// <summary>Chunks that the store did not have.</summary>
    public long NewChunks { get; private set; }

    /// <summary>Their bytes, plain.</summary>
    public long NewBytes { get; private set; }

    /// <summary>The bytes of the frames that were added: what was stored, and what crosses a wire.</summary>
    public long StoredBytes { get; private set; }

    /// <summary>Time to <see cref="SendAsync"/>: nothing more is taken before.</summary>
    public bool IsFull => _count == BatchChunks || _used >= BatchBytes;

    /// <summary>Takes a copy of a chunk, which is 1 to <see cref="Frame.MaxChunk"/> bytes; returns its id. It may not be full.</summary>
    public ChunkId Put(ChunkKind kind, ReadOnlySpan<byte> chunk)
    {
        ArgumentOutOfRangeException.ThrowIfZero(chunk.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(chunk.Length, Frame.MaxChunk);
        if (IsFull)
            throw new InvalidOperationException("The batch is full: it has to be sent.");
        var id = ChunkId.Of(chunk);
        if (_seen.Count >= Remembered)
            _seen.Clear();
        if (!_seen.Add(id))
            return id;
        chunk.CopyTo(_batch.AsSpan(_used));
        _ids[_count] = id;
        _places[_count++] = (_used, chunk.Length, kind);
        _used += chunk.Length;
        return id;
    }

    /// <summary>Takes a copy of a chunk, making room first when that is needed.</summary>
    public async ValueTask<ChunkId> PutAsync(ChunkKind kind, ReadOnlyMemory<byte> chunk, CancellationToken cancellationToken)
    {
        if (IsFull)
            await SendAsync(cancellationToken);
        return Put(kind, chunk.Span);
    }

    /// <summary>Finds out which of the chunks taken are missing and gathers these in frames; full frames are added to the store.</summary>
    public async ValueTask SendAsync(CancellationToken cancellationToken)
    {
        ThrowIfFailed();
        if (_count == 0)
            return;
        _hasFailed = true;
        await store.FindMissingAsync(_ids.AsMemory(0, _count), _missing.AsMemory(0, _count), cancellationToken);
        for (var i = 0; i < _count; i++)
        {
            if (!_missing[i])
                continue;
            var (offset, length, kind) = _places[i];
            var frame = kind == ChunkKind.Data ? _data : _other;
            frame.Add(_ids[i], kind, _batch.AsSpan(offset, length));
            NewChunks++;
            NewBytes += length;
            if (frame.IsFull)
                await AddAsync(frame, cancellationToken);
        }

        _count = 0;
        _used = 0;
        _hasFailed = false;
    }

    /// <summary>Asks for every chunk again from here on: for who keeps a writer for so long that what it brought may have been removed since. Nothing may be waiting.</summary>
    internal void Forget()
    {
        ThrowIfFailed();
        _count = 0;
        _used = 0;
        _seen.Clear();
    }

    /// <summary>Adds all that was taken to the store.</summary>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        await SendAsync(cancellationToken);
        _hasFailed = true;
        if (_data.Count > 0)
            await AddAsync(_data, cancellationToken);
        if (_other.Count > 0)
            await AddAsync(_other, cancellationToken);
        _hasFailed = false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _data.Dispose();
        _other.Dispose();
    }

    private async ValueTask AddAsync(FrameWriter writer, CancellationToken cancellationToken)
    {
        var frame = writer.Finish();
        await store.AddAsync(frame, cancellationToken);
        StoredBytes += frame.Bytes.Length;
    }

    private void ThrowIfFailed()
    {
        if (_hasFailed)
            throw new InvalidOperationException("The store failed before: what was taken is not in it.");
    }
}
