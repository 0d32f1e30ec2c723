using Adit.Content.Chunks;
using Adit.Content.Index;

namespace Adit.Content.Packs;

/// <summary>
/// Looks at a store that is in use: index files, the packs' footers, whether the index knows what they say; and where it is asked to, at every byte.
/// A damaged chunk counts as missing from then on, a damaged index file is replaced by what the packs say.
/// </summary>
internal sealed class StoreCheck(
    string directory,
    FrameCipher? cipher,
    ChunkIndex index,
    PackSet packs,
    PackHandles handles,
    DamagedChunks damaged,
    StoreUpkeep upkeep,
    DecompressorPool decompressors)
{
    private readonly List<StoreFinding> _findings = [];
    private long _frames;
    private long _chunks;
    private long _bytes;

    public async Task<CheckResult> RunAsync(bool readData, IProgress<CheckProgress>? progress, TimeProvider time, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        using (await upkeep.TakeTurnAsync(cancellationToken))
            CheckRuns(cancellationToken);
        var all = packs.All();
        Array.Sort(all, static (a, b) => a.Pack.CompareTo(b.Pack));
        var allBytes = all.Sum(LengthOf);
        for (var i = 0; i < all.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                CheckPack(all[i], readData, cancellationToken);
            }
            catch (FileNotFoundException)
            {
                Report(all[i].Pack, null, null, "is gone; what lay in it is missing");
            }

            _bytes += LengthOf(all[i]);
            progress?.Report(new CheckProgress(i + 1, all.Length, _bytes, allBytes));
        }

        upkeep.Wake();
        return new CheckResult(all.Length, _frames, _chunks, _bytes, damaged.Count, time.GetElapsedTime(start), _findings);
    }

    private static long LengthOf(PackSpan pack) => Math.Max(pack.SealedLength, pack.To);

    private void CheckRuns(CancellationToken cancellationToken)
    {
        foreach (var run in index.With(state => state.Runs.Where(r => !r.IsIntact(cancellationToken)).ToArray()))
        {
            index.Drop(run);
            Report(Path.GetRelativePath(directory, run.Path), null, null, "The index file", "is damaged; it was made anew from the packs");
        }
    }

    private void CheckPack(PackSpan pack, bool readData, CancellationToken cancellationToken)
    {
        var isSealed = pack.SealedLength != 0;
        var length = LengthOf(pack);
        var actual = new FileInfo(handles.PathOf(pack.Pack)).Length;
        if (isSealed ? actual != length : actual < length)
            Report(pack.Pack, null, null, $"has {actual} bytes and should have {length}");
        var start = new byte[PackFormat.HeaderSize];
        if (handles.Read(pack.Pack, start, 0) < start.Length || PackFormat.ReadHeader(start) < 0)
            Report(pack.Pack, null, null, "does not begin as a pack does");
        var (frames, hasFooter) = PackFrames.Read(handles, cipher, pack.Pack, length, trusted: true);
        if (isSealed && !hasFooter)
            Report(pack.Pack, null, null, "has no right footer");
        uint end = PackFormat.HeaderSize;
        List<(ChunkId, uint, uint)> wrong = [];
        foreach (var frame in frames)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!FrameHead.TryParse(frame.Head, out var head))
                continue;
            if (frame.Offset != end)
                Report(pack.Pack, end, null, "holds something that is no frame");
            end = frame.Offset + (uint)head.StoredLength;
            _frames++;
            _chunks += head.Count;
            var places = PackFrames.Places(pack.Pack, frame.Offset, head);
            Restore(places, pack.Pack);
            if (readData)
                wrong.AddRange(Wrong(places, head).Select(p => (p.Id, pack.Pack, frame.Offset)));
        }

        if (end < pack.To)
            Report(pack.Pack, end, null, "is damaged behind this place");
        damaged.Add(wrong);
    }

    // Makes the index know these chunks, where it does not.
    private void Restore(IndexRecord[] places, uint pack)
    {
        var found = new ChunkLocation[places.Length];
        index.Find(Array.ConvertAll(places, static p => p.Id), found, touch: false);
        IndexRecord[] unknown = [.. places.Where((p, i) => found[i].IsNone && !damaged.Contains(p.Id, p.Location))];
        if (unknown.Length == 0)
            return;
        index.Restore(unknown);
        if (_findings.TrueForAll(static f => !f.File.StartsWith("index", StringComparison.Ordinal)))
            Report(pack, unknown[0].Location.Frame, unknown[0].Id, "holds chunks that the index did not know");
    }

    private List<IndexRecord> Wrong(IndexRecord[] places, in FrameHead head)
    {
        LoadedFrame? loaded = null;
        List<IndexRecord> wrong = [];
        try
        {
            loaded = LoadedFrame.Read(handles, cipher, places[0].Location);
            // The table in the frame is what a reader of the wire sees; the one in the footer is what the index was made of.
            var isAlike = loaded.Frame.Head.Span[Frame.FixedHeader..].SequenceEqual(head.Bytes[Frame.FixedHeader..]);
            wrong.AddRange(places.Where(p => !isAlike || !IsRight(loaded, p)));
        }
        catch (DamagedContentException)
        {
            wrong.AddRange(places);
        }
        finally
        {
            loaded?.Dispose();
        }

        foreach (var place in wrong)
            Report(place.Location.Pack, place.Location.Frame, place.Id, $"holds the chunk {place.Id} damaged");
        return wrong;
    }

    private bool IsRight(LoadedFrame frame, IndexRecord place)
    {
        try
        {
            frame.Chunk(place.Id, place.Location, decompressors);
            return true;
        }
        catch (DamagedContentException)
        {
            return false;
        }
    }

    private void Report(uint pack, long? offset, ChunkId? chunk, string what) => Report(PackFormat.NameOf(pack), offset, chunk, "The pack", what);

    private void Report(string file, long? offset, ChunkId? chunk, string kind, string what)
    {
        if (_findings.Count < PackRecovery.MostFindings)
            _findings.Add(new StoreFinding(file, offset, chunk, offset == null ? $"{kind} '{file}' {what}." : $"{kind} '{file}' {what}, at offset {offset}."));
    }
}
