using Adit.Content.Chunks;
using Adit.Content.Index;

namespace Adit.Content.Packs;

/// <summary>
/// Brings packs and index together when a store is opened: what the runs do not know is read from the packs' footers, and packs without a footer are read from their beginning.
/// </summary>
internal sealed class PackRecovery(
    StoreFiles files, string directory, FrameCipher? cipher, ChunkIndex index, PackSet packs, PackHandles handles, List<StoreFinding> findings)
{
    /// <summary>More than so many say nothing new.</summary>
    public const int MostFindings = 1000;

    /// <summary>A pack without a footer, and what is known of it.</summary>
    private sealed record Unsealed(uint Pack, int PackClass, PackScan Scan, bool IsWhole, PackSpan Span);

    public void Run(CancellationToken cancellationToken)
    {
        var files = PackFormat.List(directory);
        var known = Known(files);
        List<Unsealed> unsealed = [];
        foreach (var (pack, length) in files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var span = known.GetValueOrDefault(pack, new PackSpan(pack, PackFormat.HeaderSize, PackFormat.HeaderSize, 0, 0, 0, 0, 0, 0));
            if (span.SealedLength != 0)
                packs.Know(span, null, 0);
            else if (Read(pack, length, span) is { } open)
                unsealed.Add(open);
            // What is read may be more than fits in memory.
            while (index.WriteRun())
            {
            }
        }

        foreach (var group in unsealed.GroupBy(static u => u.PackClass))
        {
            foreach (var pack in group)
                Continue(pack, isLast: pack == group.Last());
        }
    }

    private static PackSpan Nothing(uint pack) => new(pack, PackFormat.HeaderSize, PackFormat.HeaderSize, 0, 0, 0, 0, 0, 0);

    // What the runs know of each pack from its beginning on. What they say of a pack that is not as it was does not count.
    private Dictionary<uint, PackSpan> Known(SortedDictionary<uint, long> files)
    {
        Dictionary<uint, PackSpan> known = [];
        index.With(state =>
        {
            foreach (var (run, span) in state.Runs.SelectMany(static r => r.Header.Spans.Select(s => (r, s))))
            {
                if (!files.TryGetValue(span.Pack, out var length))
                    Report(span.Pack, null, "is gone; what lay in it is missing");
                else if (span.To > length || (span.SealedLength != 0 && span.SealedLength != length))
                    Report(span.Pack, null, "is not as long as it was; what is left is read anew");
                else
                    continue;
                run.Leave([span.Pack]);
            }

            foreach (var span in state.Runs.SelectMany(static r => r.Header.Spans.Where(s => !r.IsLeft(s.Pack))).OrderBy(static s => s.From).ThenBy(static s => s.To))
            {
                var before = known.GetValueOrDefault(span.Pack, Nothing(span.Pack));
                if (before.To == span.From)
                    known[span.Pack] = before.Then(span);
            }

            return 0;
        });
        return known;
    }

    private Unsealed? Read(uint pack, long length, PackSpan known)
    {
        if (ReadSealed(pack, length, known))
            return null;
        if (length > PackFormat.MaxLength)
        {
            Report(pack, null, "is longer than a pack can be; it is not read");
            packs.Know(known with { SealedLength = (uint)PackFormat.MaxLength }, null, 0);
            return null;
        }

        var bytes = new byte[length];
        var got = handles.Read(pack, bytes, 0);
        var packClass = PackFormat.ReadHeader(bytes);
        var scan = PackScan.Of(bytes, got, cipher, known.To);
        if (scan.Frames.Count == 0 && known.To == PackFormat.HeaderSize)
        {
            // Nothing in it is right, and nothing of it was ever known: what a crash leaves of a pack that was just made.
            handles.Close(pack);
            files.Delete(handles.PathOf(pack));
            return null;
        }

        var isWhole = scan.IsWhole && packClass >= 0 && known.To <= scan.End;
        if (known.To > scan.End)
        {
            // What the index knew is not there any more.
            Report(pack, scan.End, "is damaged behind this place");
            index.With(state =>
            {
                foreach (var run in state.Runs)
                    run.Leave([pack]);
                return 0;
            });
            known = Nothing(pack);
        }

        return new Unsealed(pack, packClass, scan, isWhole, AddFrames(pack, scan, known));
    }

    private PackSpan AddFrames(uint pack, PackScan scan, PackSpan known)
    {
        foreach (var found in scan.Frames.Where(f => f.Offset >= known.To))
        {
            if (!FrameHead.TryParse(found.Head, out var head))
                throw new InvalidOperationException("A frame was found that cannot be read.");
            for (var i = 0; i < found.Wrong?.Length; i++)
            {
                if (found.Wrong[i])
                    Report(pack, found.Offset, $"holds the chunk {head[i].Id} damaged", head[i].Id);
            }

            var from = known.To;
            known = known.Then(PackSpan.Of(pack, found.Offset, head) with { From = from });
            index.Add(pack, from, found.Offset, head, Present(head, found.Wrong));
        }

        return known;
    }

    // True when the pack has a footer, and what it says was added to the index.
    private bool ReadSealed(uint pack, long length, PackSpan known)
    {
        var footer = PackFrames.ReadFooter(handles, cipher, pack, length, out var footerAt);
        if (footerAt == 0)
            return false;
        if (footer == null || !Meets(footer, known.To))
        {
            Report(pack, footerAt, "has a damaged footer; its frames are read one by one");
            return false;
        }

        ReadOnlySpan<byte> rest = footer;
        uint end = PackFormat.HeaderSize;
        while (PackFooter.TryNext(ref rest, ref end, out var head))
        {
            if (end <= known.To)
                continue;
            var offset = end - (uint)head.StoredLength;
            known = known.Then(PackSpan.Of(pack, offset, head));
            index.Add(pack, offset, offset, head, Present(head, null));
        }

        // Its frames are on the disk since before it had a footer. A run may say soon that the footer is.
        using (var handle = File.OpenHandle(handles.PathOf(pack), FileMode.Open, FileAccess.ReadWrite, StoreFiles.Share))
            files.Sync(handle, handles.PathOf(pack));
        index.Seal(pack, end, (uint)length);
        packs.Know(known with { SealedLength = (uint)length }, null, 0);
        return true;
    }

    // One of its frames ends where the index knows that one does.
    private static bool Meets(ReadOnlySpan<byte> footer, uint known)
    {
        uint end = PackFormat.HeaderSize;
        var meets = known == end;
        while (PackFooter.TryNext(ref footer, ref end, out _))
            meets |= end == known;
        return meets;
    }

    // The last open pack of its class goes on; others are sealed when they are whole. One that is damaged stays as it is: nothing in it is cut off.
    private void Continue(Unsealed unsealed, bool isLast)
    {
        var (pack, packClass, scan, isWhole, span) = unsealed;
        handles.Close(pack);
        if (!isWhole)
        {
            var length = (uint)new FileInfo(handles.PathOf(pack)).Length;
            Report(pack, null, "has no footer and is damaged; it takes nothing more");
            index.Seal(pack, span.To, length);
            packs.Know(span with { SealedLength = length }, null, 0);
            return;
        }

        var footer = new PackFooter();
        foreach (var frame in scan.Frames)
            footer.Add(frame.Offset, frame.Head, frame.Head.AsSpan(Frame.FixedHeader));
        var writer = PackWriter.Continue(files, cipher, handles.PathOf(pack), pack, packClass, scan.End, footer);
        // A run may say soon that this much of it was seen.
        writer.Sync();
        if (isLast)
        {
            packs.Know(span, writer, packClass);
            return;
        }

        using (writer)
        {
            var length = writer.Seal();
            writer.Sync();
            index.Seal(pack, span.To, length);
            packs.Know(span with { SealedLength = length }, null, 0);
        }
    }

    private bool[] Present(in FrameHead head, bool[]? wrong)
    {
        var ids = new ChunkId[head.Count];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = head[i].Id;
        var locations = new ChunkLocation[ids.Length];
        index.Find(ids, locations, touch: false);
        var present = wrong == null ? new bool[ids.Length] : [.. wrong];
        for (var i = 0; i < ids.Length; i++)
            present[i] |= !locations[i].IsNone;
        return present;
    }

    private void Report(uint pack, long? offset, string what, ChunkId? chunk = null)
    {
        var name = PackFormat.NameOf(pack);
        if (findings.Count < MostFindings && !findings.Any(f => f.File == name && f.Offset == offset && f.Chunk == chunk))
            findings.Add(new StoreFinding(name, offset, chunk, offset == null ? $"The pack '{name}' {what}." : $"The pack '{name}' {what}, at offset {offset}."));
    }
}
