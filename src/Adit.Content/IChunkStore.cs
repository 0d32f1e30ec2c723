using Adit.Content.Chunks;

namespace Adit.Content;

/// <summary>
/// Where the chunks of a project are: the store on a disk of this machine, or the hub's as a client reaches it. Both may be used by many threads at once.
/// </summary>
/// <remarks>
/// Contract, which one suite of tests holds all of them to:
/// a chunk that <see cref="AddAsync"/> took can be read at once by who added it, and by everybody for good when <see cref="FlushAsync"/> has returned;
/// a crash before that loses it or keeps it whole. Adding what is there already is allowed and changes nothing that can be read.
/// What is read is checked: a caller gets bytes with the SHA-256 that it asked for, or an exception.
/// </remarks>
public interface IChunkStore
{
    /// <summary>Sets <paramref name="missing"/>[i] where <paramref name="ids"/>[i] is not in the store. Both have the same length, at most 8,192.</summary>
    ValueTask FindMissingAsync(ReadOnlyMemory<ChunkId> ids, Memory<bool> missing, CancellationToken cancellationToken);

    /// <summary>Adds the chunks of a frame, whose bytes are the caller's again when this returns. A store that trusts nobody decodes it and checks them.</summary>
    /// <exception cref="DamagedContentException">A chunk of it is not what its id says; nothing of the frame is kept.</exception>
    ValueTask AddAsync(Frame frame, CancellationToken cancellationToken);

    /// <summary>Returns when all that was added before is on the disk.</summary>
    ValueTask FlushAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Calls <paramref name="read"/> once for each of <paramref name="ids"/>, in their order, with its place in them and its bytes, which are good during the call.
    /// Ids that lie near each other in a file or a directory are best asked for together: they lie together in the store.
    /// </summary>
    /// <exception cref="MissingContentException">One is not in the store.</exception>
    /// <exception cref="DamagedContentException">One is there and is damaged.</exception>
    ValueTask ReadAsync(ReadOnlyMemory<ChunkId> ids, ChunkReader read, CancellationToken cancellationToken);
}

/// <summary>Gets a chunk: its place in the ids that were asked for, and its bytes.</summary>
public delegate void ChunkReader(int index, ReadOnlySpan<byte> chunk);
