namespace Adit.Content.Chunks;

/// <summary>A store that fails at a call that a test chooses, and is the one behind it otherwise.</summary>
internal sealed class FailingStore(IChunkStore store) : IChunkStore
{
    private int _adds;
    private int _reads;

    /// <summary>The number of the add that fails, from 1 on.</summary>
    public int FailingAdd { get; init; }

    /// <summary>The number of the read that fails, from 1 on.</summary>
    public int FailingRead { get; init; }

    public bool FailsToFind { get; init; }

    public bool FailsToFlush { get; init; }

    public int Adds => _adds;

    public int Reads => _reads;

    public ValueTask FindMissingAsync(ReadOnlyMemory<ChunkId> ids, Memory<bool> missing, CancellationToken cancellationToken) =>
        FailsToFind ? throw new IOException("The disk failed.") : store.FindMissingAsync(ids, missing, cancellationToken);

    public ValueTask AddAsync(Frame frame, CancellationToken cancellationToken) =>
        Interlocked.Increment(ref _adds) == FailingAdd ? throw new IOException("The disk failed.") : store.AddAsync(frame, cancellationToken);

    public ValueTask FlushAsync(CancellationToken cancellationToken) =>
        FailsToFlush ? throw new IOException("The disk failed.") : store.FlushAsync(cancellationToken);

    public ValueTask ReadAsync(ReadOnlyMemory<ChunkId> ids, ChunkReader read, CancellationToken cancellationToken) =>
        Interlocked.Increment(ref _reads) == FailingRead ? throw new IOException("The disk failed.") : store.ReadAsync(ids, read, cancellationToken);
}
