using System.Buffers;
using Adit.Content.Chunks;
using Adit.Content.Cutting;

namespace Adit.Content.Trees;

/// <summary>
/// Cuts the bytes of a file as they come into chunks, and makes its entry. For one thread at a time; used again for the next file after <see cref="Begin"/>.
/// It holds some megabytes, whatever the file has.
/// </summary>
public sealed class FileIntake : IDisposable
{
    private const int BufferSize = 1 << 20;
    private const int AskAtOnce = 4096;

    private readonly Watched _store;
    private readonly ChunkWriter _writer;
    private readonly ListWriter _list = new();
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private int _held;

    /// <summary>Makes one.</summary>
    /// <param name="store">Where the chunks go.</param>
    public FileIntake(IChunkStore store)
    {
        _store = new Watched(store);
        _writer = new ChunkWriter(_store);
    }

    /// <summary>Bytes of the file so far.</summary>
    public long Length => _list.Length + _held;

    /// <summary>Begins a file.</summary>
    /// <param name="taken">Is told each chunk before the store is asked for it: who keeps the chunk alive until something refers to it.</param>
    public void Begin(Action<ChunkId>? taken = null)
    {
        _list.Begin();
        _writer.Forget();
        _held = 0;
        _store.Taken = taken;
    }

    /// <summary>Takes the bytes that come next.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            var taken = Math.Min(bytes.Length, BufferSize - _held);
            bytes[..taken].CopyTo(_buffer.AsMemory(_held));
            _held += taken;
            bytes = bytes[taken..];
            if (_held == BufferSize)
                await CutAsync(toEnd: false, cancellationToken);
        }
    }

    /// <summary>Makes sure that the content of a file is in a store, the pages of its list too: what another entry needs that refers to it.</summary>
    /// <param name="store">The store.</param>
    /// <param name="file">The file.</param>
    /// <param name="taken">Is told each chunk before the store is asked for it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="MissingContentException">Some of it is not in the store any more.</exception>
    public static ValueTask KeepAsync(IChunkStore store, TreeEntry file, Action<ChunkId> taken, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(file);
        return WalkAsync(new Watched(store) { Taken = taken }, file, static _ => { }, cancellationToken);
    }

    /// <summary>Takes the content of a file that is in the store: its chunks as they are, no byte is read but those in its entry.</summary>
    /// <exception cref="MissingContentException">Some of it is not in the store any more.</exception>
    public async ValueTask AppendAsync(TreeEntry file, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (file.Form == FileForm.Inline)
        {
            await WriteAsync(file.Inline, cancellationToken);
            return;
        }

        await CutAsync(toEnd: true, cancellationToken);
        await WalkAsync(
            _store,
            file,
            part =>
            {
                if (part.IsHole)
                    _list.AddHole(part.Length);
                else
                    _list.Add(part.Id, (int)part.Length);
            },
            cancellationToken);
    }

    /// <summary>The entry of the file, without a name. All of it is in the store then, and on its disk after the store's flush.</summary>
    public async ValueTask<TreeEntry> FinishAsync(CancellationToken cancellationToken)
    {
        var entry = new TreeEntry { Name = [], Type = EntryType.File, Size = Length, Mode = 0b110_100_100 };
        if (Length <= TreeEntry.MaxInline && _list.Count == 0)
            return entry with { Form = FileForm.Inline, Inline = _buffer.AsSpan(0, _held).ToArray() };
        await CutAsync(toEnd: true, cancellationToken);
        entry = _list.Only is { IsNone: false } only
            ? entry with { Form = FileForm.Chunk, Content = only }
            : entry with { Form = FileForm.List, Content = await _list.FinishAsync(_writer, cancellationToken) };
        await _writer.CompleteAsync(cancellationToken);
        return entry;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _writer.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
    }

    // A chunk that was there may be gone, if nothing refers to it any more: the store says so, and a collection that has begun keeps what it was asked for.
    private static async ValueTask WalkAsync(Watched store, TreeEntry file, Action<FilePart> take, CancellationToken cancellationToken)
    {
        var asked = new List<ChunkId>();
        await foreach (var part in new TreeReader(store).PartsAsync(file, cancellationToken))
        {
            take(part);
            if (!part.IsHole)
                asked.Add(part.Id);
            if (asked.Count == AskAtOnce)
                await AskAsync();
        }

        await AskAsync();

        async ValueTask AskAsync()
        {
            var missing = new bool[asked.Count];
            await store.FindMissingAsync(asked.ToArray(), missing, cancellationToken);
            if (Array.IndexOf(missing, true) is >= 0 and var gone)
                throw new MissingContentException(asked[gone]);
            asked.Clear();
        }
    }

    private async ValueTask CutAsync(bool toEnd, CancellationToken cancellationToken)
    {
        var used = 0;
        while (_held - used >= Cutter.Most || (toEnd && _held > used))
        {
            if (_writer.IsFull)
                await _writer.SendAsync(cancellationToken);
            var length = Cutter.Cut(_buffer.AsSpan(used, Math.Min(Cutter.Most, _held - used)));
            var chunk = _buffer.AsSpan(used, length);
            if (length == Cutter.Most && !chunk.ContainsAnyExcept((byte)0))
            {
                _list.AddHole(length);
            }
            else
            {
                _list.Add(_writer.Put(ChunkKind.Data, chunk), length);
            }

            used += length;
        }

        _buffer.AsSpan(used, _held - used).CopyTo(_buffer);
        _held -= used;
    }

    /// <summary>The store, and who is told what it is asked for.</summary>
    private sealed class Watched(IChunkStore store) : IChunkStore
    {
        public Action<ChunkId>? Taken { get; set; }

        public ValueTask FindMissingAsync(ReadOnlyMemory<ChunkId> ids, Memory<bool> missing, CancellationToken cancellationToken)
        {
            if (Taken is { } taken)
            {
                foreach (var id in ids.Span)
                    taken(id);
            }

            return store.FindMissingAsync(ids, missing, cancellationToken);
        }

        public ValueTask AddAsync(Frame frame, CancellationToken cancellationToken) => store.AddAsync(frame, cancellationToken);

        public ValueTask FlushAsync(CancellationToken cancellationToken) => store.FlushAsync(cancellationToken);

        // Pages of lists, which are asked for as chunks are: one that is missing is not read.
        public async ValueTask ReadAsync(ReadOnlyMemory<ChunkId> ids, ChunkReader read, CancellationToken cancellationToken)
        {
            await FindMissingAsync(ids, new bool[ids.Length], cancellationToken);
            await store.ReadAsync(ids, read, cancellationToken);
        }
    }
}
