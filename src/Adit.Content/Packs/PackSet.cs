using System.Buffers;
using System.Runtime.InteropServices;
using Adit.Content.Chunks;
using Adit.Content.Index;

namespace Adit.Content.Packs;

/// <summary>The packs of a store: those that are sealed, and one of each class that is open and gets what is added.</summary>
internal sealed class PackSet(StoreFiles files, string directory, FrameCipher? cipher, ChunkIndex index, int full) : IDisposable
{
    private readonly Lock _append = new();
    private readonly SemaphoreSlim _syncing = new(1);
    private readonly Dictionary<uint, PackSpan> _packs = [];
    private readonly PackWriter?[] _open = new PackWriter?[PackFormat.Classes];
    private readonly List<PackWriter> _full = [];
    private uint _next = 1;
    private long _appended;
    private long _synced;
    private Exception? _failure;

    /// <summary>Packs are full and not sealed yet.</summary>
    public bool HasFull
    {
        get
        {
            lock (_append)
                return _full.Count != 0;
        }
    }

    /// <summary>Each pack as a whole.</summary>
    public PackSpan[] All()
    {
        lock (_append)
            return [.. _packs.Values];
    }

    /// <summary>The number of this pack is taken, and it is so.</summary>
    public void Know(PackSpan pack, PackWriter? open, int packClass)
    {
        lock (_append)
        {
            _next = Math.Max(_next, pack.Pack + 1);
            _packs[pack.Pack] = pack;
            if (open != null)
                _open[packClass] = open;
        }
    }

    /// <summary>These packs are gone.</summary>
    public void Forget(IEnumerable<uint> packs)
    {
        lock (_append)
        {
            foreach (var pack in packs)
                _packs.Remove(pack);
        }
    }

    /// <summary>Adds a frame at the end of an open pack. When it throws, nothing was added.</summary>
    /// <param name="skip">For each chunk: it is in the index, and stays where it is.</param>
    /// <param name="here">The others lie here now, wherever they were before.</param>
    public void Append(in Frame frame, ReadOnlySpan<bool> skip, bool here = false)
    {
        if (cipher == null)
        {
            Append(frame.Bytes.Span, frame.Head.Span, PackFormat.ClassOf(frame[0].Kind), skip, here);
            return;
        }

        var stored = ArrayPool<byte>.Shared.Rent(frame.Bytes.Length + FrameHead.Sealing);
        var head = ArrayPool<byte>.Shared.Rent(frame.Head.Length);
        try
        {
            cipher.Seal(frame, stored.AsSpan(0, frame.Bytes.Length + FrameHead.Sealing));
            frame.Head.Span.CopyTo(head);
            stored.AsSpan(0, Frame.FixedHeader).CopyTo(head);
            Append(
                stored.AsSpan(0, frame.Bytes.Length + FrameHead.Sealing), head.AsSpan(0, frame.Head.Length), PackFormat.ClassOf(frame[0].Kind), skip, here);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stored);
            ArrayPool<byte>.Shared.Return(head);
        }
    }

    /// <summary>Nothing more is added to the packs that are open now: the next flush that seals seals them.</summary>
    /// <param name="least">One with less in it stays open,</param>
    /// <param name="always">unless it is one of these.</param>
    public void CloseOpen(int least, IReadOnlySet<uint> always)
    {
        lock (_append)
        {
            for (var i = 0; i < _open.Length; i++)
            {
                if (_open[i] is not { } open || (open.End < least && !always.Contains(open.Number)))
                    continue;
                _full.Add(open);
                _open[i] = null;
            }
        }
    }

    /// <summary>Returns when all that was appended before is on the disk. Those who wait together share the work.</summary>
    /// <param name="seal">Seals the packs that are full even when nothing else is to be done.</param>
    public async ValueTask FlushAsync(CancellationToken cancellationToken, bool seal = false)
    {
        long target;
        lock (_append)
        {
            target = _appended;
            seal &= _full.Count != 0;
        }

        ThrowIfFailed();
        if (Volatile.Read(ref _synced) >= target && !seal)
            return;
        await _syncing.WaitAsync(cancellationToken);
        try
        {
            ThrowIfFailed();
            if (Volatile.Read(ref _synced) < target || seal)
                await Task.Run(Sync, CancellationToken.None);
        }
        finally
        {
            _syncing.Release();
        }
    }

    public void Dispose()
    {
        foreach (var writer in _full.Concat(_open))
            writer?.Dispose();
        _syncing.Dispose();
    }

    private void Append(ReadOnlySpan<byte> stored, ReadOnlySpan<byte> headBytes, int packClass, ReadOnlySpan<bool> skip, bool here)
    {
        if (!FrameHead.TryParse(headBytes, out var head))
            throw new InvalidOperationException("A frame was to be stored that cannot be read.");
        lock (_append)
        {
            ThrowIfFailed();
            var writer = OpenPack(packClass);
            var offset = writer.Append(stored, headBytes[Frame.FixedHeader..]);
            _appended++;
            ref var pack = ref CollectionsMarshal.GetValueRefOrNullRef(_packs, writer.Number);
            pack = pack.Then(PackSpan.Of(writer.Number, offset, head));
            index.Add(writer.Number, offset, offset, head, skip, here);
        }
    }

    private PackWriter OpenPack(int packClass)
    {
        if (_open[packClass] is { } open)
        {
            if (!open.IsFull(full))
                return open;
            _full.Add(open);
            _open[packClass] = null;
        }

        // A number whose file could not be made is not used again: something of it may be on the disk.
        var number = _next++;
        var writer = PackWriter.Create(files, cipher, Path.Combine(directory, PackFormat.NameOf(number)), number, packClass);
        _packs[number] = new PackSpan(number, PackFormat.HeaderSize, PackFormat.HeaderSize, 0, 0, 0, 0, 0, 0);
        return _open[packClass] = writer;
    }

    private void Sync()
    {
        long upTo;
        PackWriter[] done;
        List<PackWriter> dirty;
        lock (_append)
        {
            upTo = _appended;
            done = [.. _full];
            dirty = [.. done.Concat(_open.OfType<PackWriter>()).Where(static w => w.IsDirty)];
            foreach (var writer in dirty)
                writer.IsDirty = false;
        }

        try
        {
            foreach (var writer in dirty)
                writer.Sync();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What the system could not write it may have forgotten, and the next try would succeed without it: nothing here is certain any more.
            Volatile.Write(ref _failure, e);
            ThrowIfFailed();
        }

        Volatile.Write(ref _synced, upTo);
        foreach (var writer in done)
            Seal(writer);
    }

    // A footer says that all before it is on the disk: it is written after that is so.
    private void Seal(PackWriter writer)
    {
        uint length;
        try
        {
            length = writer.Seal();
            writer.Sync();
        }
        catch (IOException)
        {
            // There was no space for it: the next flush tries again. What was added is on the disk.
            return;
        }

        lock (_append)
        {
            _full.Remove(writer);
            _packs[writer.Number] = _packs[writer.Number] with { SealedLength = length };
            index.Seal(writer.Number, writer.End, length);
        }

        writer.Dispose();
    }

    private void ThrowIfFailed()
    {
        if (Volatile.Read(ref _failure) is { } failure)
            throw new IOException(
                $"The store in '{directory}' takes nothing more, because the disk failed: {failure.Message}. What was added since the last flush may be lost; open the store again.",
                failure);
    }
}
