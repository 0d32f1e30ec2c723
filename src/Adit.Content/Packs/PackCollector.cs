using Adit.Content.Chunks;
using Adit.Content.Index;

namespace Adit.Content.Packs;

/// <summary>
/// Removes what is not live, beside those who read and write:
/// <code>
/// 1 begin     what is in memory goes to runs, each of which gets a bit for each of its records: what comes later has none and lives
/// 2 mark      the caller marks what its roots reach; whoever is told that a chunk is there, or adds it again, marks it too
/// 3 copy      live chunks of packs with few of them go to the open packs: the index finds them there first
/// 4 condemn   who asks for a chunk in one of these packs that is not marked is told that it is missing; who asked before is waited for
/// 5 copy      what was marked since 3, then a flush: from here on everything live is twice on the disk
/// 6 leave     the index forgets these packs: one run replaces all
/// 7 delete    their files. A reader that knows a chunk's old place does not find the file, and asks again
/// </code>
/// Killed before the end of 6 it leaves the old packs and the old runs, later the new run; copies and packs that nobody needs are found by the next one.
/// </summary>
internal sealed class PackCollector(
    StoreFiles files, FrameCipher? cipher, ChunkIndex index, PackSet packs, PackHandles handles, DamagedChunks damaged, StoreUpkeep upkeep, DecompressorPool decompressors)
{
    // A pack is worth to be copied when less than this part of it is live: then a byte written frees one and a half.
    private const double LiveEnough = 0.6;

    // Only a sealed pack can be removed. An open one with less in it is left open: otherwise each collection would leave two small packs behind.
    private const int WorthClosing = 1 << 20;

    // Crashes and short lives leave small packs behind. Some do not matter.
    private const int SmallEnough = 16;

    private readonly List<StoreFinding> _findings = [];
    private readonly HashSet<uint> _copied = [];
    private long _written;

    public async Task<CollectionResult> RunAsync(
        HoldGate gate, Func<LiveChunks, CancellationToken, Task> mark, TimeProvider time, int full, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        var live = new LiveChunks(index);
        var candidates = await BeginAsync(gate, cancellationToken);
        try
        {
            await mark(live, cancellationToken);
            var (livePlain, victims) = Choose(candidates, full);
            await CopyAsync(victims, [.. victims.Keys.Where(livePlain.ContainsKey)], cancellationToken);
            await index.CondemnAsync(victims.Keys.ToHashSet());
            await CopyAsync(victims, [.. LivePlain(victims).Keys], cancellationToken);
            await packs.FlushAsync(cancellationToken);
            if (victims.Count != 0)
                await DeleteAsync(victims.Keys.ToHashSet(), cancellationToken);
            var rewritten = victims.Keys.Count(_copied.Contains);
            return new CollectionResult(
                victims.Count - rewritten,
                rewritten,
                victims.Values.Sum(static p => (long)p.SealedLength) - _written,
                livePlain.Values.Sum(),
                live.Missing,
                time.GetElapsedTime(start),
                _findings);
        }
        finally
        {
            await EndAsync();
        }
    }

    private async Task<Dictionary<uint, PackSpan>> BeginAsync(HoldGate gate, CancellationToken cancellationToken)
    {
        // Alone: who holds the gate now may have asked for chunks that nobody is going to mark.
        using (await gate.EnterAloneAsync(cancellationToken))
        using (await upkeep.TakeTurnAsync(cancellationToken))
        {
            packs.CloseOpen(WorthClosing, damaged.Places.Select(static p => p.Pack).ToHashSet());
            await packs.FlushAsync(cancellationToken, seal: true);
            var candidates = packs.All().Where(static p => p.SealedLength != 0).ToDictionary(static p => p.Pack);
            index.FreezeAll();
            await upkeep.WriteRunsAsync();
            upkeep.KeepRuns = true;
            index.With(static state =>
            {
                foreach (var run in state.Runs)
                    run.BeginMarking();
                return 0;
            });
            return candidates;
        }
    }

    private async Task EndAsync()
    {
        using (await upkeep.TakeTurnAsync(CancellationToken.None))
        {
            await index.CondemnAsync(null);
            index.With(static state =>
            {
                foreach (var run in state.Runs)
                    run.EndMarking();
                return 0;
            });
            upkeep.KeepRuns = false;
        }

        upkeep.Wake();
    }

    private (Dictionary<uint, long> LivePlain, Dictionary<uint, PackSpan> Victims) Choose(Dictionary<uint, PackSpan> candidates, int full)
    {
        var livePlain = LivePlain(candidates);
        var victims = candidates.Values.Where(p => livePlain.GetValueOrDefault(p.Pack) < LiveEnough * p.Plain || p.Plain == 0).ToDictionary(static p => p.Pack);
        foreach (var pack in Repaired())
        {
            if (candidates.TryGetValue(pack, out var span))
                victims[pack] = span;
        }

        var small = candidates.Values.Where(p => p.SealedLength < full / 8 && !victims.ContainsKey(p.Pack)).ToArray();
        if (small.Length > SmallEnough)
        {
            foreach (var pack in small)
                victims[pack.Pack] = pack;
        }

        return (livePlain, victims);
    }

    // Packs with damaged chunks, each of which was added again since.
    private IEnumerable<uint> Repaired()
    {
        foreach (var pack in damaged.Places.GroupBy(static p => p.Pack))
        {
            ChunkId[] ids = [.. pack.Select(static p => p.Id)];
            var found = new ChunkLocation[ids.Length];
            index.Find(ids, found, touch: false);
            if (!found.Any(static f => f.IsNone))
                yield return pack.Key;
        }
    }

    // Plain bytes of the live chunks in each of these packs; a chunk that lies elsewhere too, where it is found first, is not live there.
    private Dictionary<uint, long> LivePlain(Dictionary<uint, PackSpan> among) => index.With(state =>
    {
        Dictionary<uint, long> live = [];
        foreach (var run in state.Runs)
        {
            for (uint i = 0; i < run.Count; i++)
            {
                var location = run[i].Location;
                if (run.IsLive(i) && among.ContainsKey(location.Pack) && !run.IsLeft(location.Pack))
                    live[location.Pack] = live.GetValueOrDefault(location.Pack) + location.Length;
            }
        }

        return live;
    });

    // Copies what is live in these packs. One that cannot be read is no victim any more, nor are those that the disk has no space for.
    private async Task CopyAsync(Dictionary<uint, PackSpan> victims, uint[] from, CancellationToken cancellationToken)
    {
        using var data = new FrameWriter();
        using var other = new FrameWriter();
        foreach (var pack in from)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                Copy(victims[pack], data, other);
                Finish(data);
                Finish(other);
                if (index.Waiting >= 2)
                    await upkeep.WaitAsync(cancellationToken);
                else
                    upkeep.Wake();
            }
            catch (IOException e)
            {
                victims.Remove(pack);
                _findings.Add(new StoreFinding(PackFormat.NameOf(pack), null, null, $"The pack '{PackFormat.NameOf(pack)}' is left as it is: {e.Message}"));
                Abandon(data);
                Abandon(other);
            }
        }
    }

    private void Copy(PackSpan pack, FrameWriter data, FrameWriter other)
    {
        var (frames, _) = PackFrames.Read(handles, cipher, pack.Pack, pack.SealedLength);
        foreach (var frame in frames)
        {
            if (!FrameHead.TryParse(frame.Head, out var head))
                throw new DamagedContentException($"The frame at offset {frame.Offset} cannot be read.");
            var places = PackFrames.Places(pack.Pack, frame.Offset, head);
            var isLive = IsLive(places);
            var count = isLive.Count(static l => l);
            if (count == 0)
                continue;
            _copied.Add(pack.Pack);
            using var loaded = LoadedFrame.Read(handles, cipher, places[0].Location);
            if (count == places.Length)
            {
                // As it is, unread: it is neither better nor worse there than here.
                Append(loaded.Frame);
                continue;
            }

            for (var i = 0; i < places.Length; i++)
            {
                var writer = PackFormat.ClassOf(places[i].Location.Kind) == 0 ? data : other;
                if (!isLive[i])
                    continue;
                writer.Add(places[i].Id, places[i].Location.Kind, loaded.Chunk(places[i].Id, places[i].Location, decompressors));
                if (writer.IsFull)
                    Finish(writer);
            }
        }
    }

    // A chunk is to be copied when it is marked and the index finds it here and nowhere before.
    private bool[] IsLive(IndexRecord[] places)
    {
        var ids = Array.ConvertAll(places, static p => p.Id);
        var found = new ChunkLocation[ids.Length];
        var live = new bool[ids.Length];
        index.Find(ids, found, touch: false, live);
        for (var i = 0; i < live.Length; i++)
            live[i] &= found[i] == places[i].Location;
        return live;
    }

    private void Finish(FrameWriter writer)
    {
        if (writer.Count != 0)
            Append(writer.Finish());
    }

    private void Append(in Frame frame)
    {
        packs.Append(frame, new bool[frame.Count], here: true);
        _written += frame.Bytes.Length;
    }

    private static void Abandon(FrameWriter writer)
    {
        if (writer.Count != 0)
            writer.Finish();
    }

    private async Task DeleteAsync(HashSet<uint> victims, CancellationToken cancellationToken)
    {
        using (await upkeep.TakeTurnAsync(cancellationToken))
        {
            await upkeep.WriteRunsAsync();
            index.With(state =>
            {
                foreach (var run in state.Runs)
                    run.Leave(victims);
                return 0;
            });
            index.Rewrite();
        }

        damaged.Forget(victims);
        packs.Forget(victims);
        foreach (var pack in victims)
        {
            handles.Close(pack);
            files.Delete(handles.PathOf(pack));
            // Somebody may have opened it again just before.
            handles.Close(pack);
        }
    }
}
