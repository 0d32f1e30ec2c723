using Adit.Content.Chunks;

namespace Adit.Content.Index;

/// <summary>
/// The chunks that were added last and are in no run yet: records in the order they came, and a table of their places by open addressing.
/// One thread at a time adds; any number of others look up meanwhile without a lock.
/// </summary>
internal sealed class MemoryIndex
{
    private const int SegmentBits = 10;
    private const int SegmentSize = 1 << SegmentBits;

    private readonly Dictionary<uint, PackSpan> _spans = [];
    private IndexRecord[][] _segments = new IndexRecord[4][];

    // The place of a record and 1; 0 is free. A record is written before its place is: who sees the place sees the record.
    private int[] _slots = new int[2 * SegmentSize];

    /// <summary>Records, those included that a newer one of the same chunk replaced.</summary>
    public int Count { get; private set; }

    /// <summary>Which parts of which packs it knows.</summary>
    public IReadOnlyDictionary<uint, PackSpan> Spans => _spans;

    /// <summary>Nothing to write to a run.</summary>
    public bool IsEmpty => _spans.Count == 0;

    public bool TryFind(in ChunkId id, out ChunkLocation location)
    {
        var slots = Volatile.Read(ref _slots);
        var place = slots[Probe(slots, id)];
        location = place == 0 ? default : Record(place - 1).Location;
        return place != 0;
    }

    /// <summary>Adds a chunk. One that is here already stays where it is, unless it is to be replaced.</summary>
    public void Add(in ChunkId id, in ChunkLocation location, bool replace)
    {
        if (2 * (Count + 1) > _slots.Length)
            Grow();
        var slot = Probe(_slots, id);
        if (_slots[slot] != 0 && !replace)
            return;
        var segment = Count >> SegmentBits;
        if (segment == _segments.Length)
        {
            var segments = new IndexRecord[2 * segment][];
            _segments.CopyTo(segments, 0);
            Volatile.Write(ref _segments, segments);
        }

        (_segments[segment] ??= new IndexRecord[SegmentSize])[Count & (SegmentSize - 1)] = new IndexRecord(id, location);
        Volatile.Write(ref _slots[slot], ++Count);
    }

    /// <summary>Says that it knows this part of a pack, whose chunks were added to it or are in the index elsewhere.</summary>
    public void Cover(in PackSpan span) => _spans[span.Pack] = _spans.TryGetValue(span.Pack, out var before) ? before.Then(span) : span;

    /// <summary>The records that count, in the order of their ids. For who adds.</summary>
    /// <param name="translate">What the ids become before they are sorted; null: they stay.</param>
    public IndexRecord[] Sorted(Func<ChunkId, ChunkId>? translate = null)
    {
        var sorted = new IndexRecord[Count];
        var count = 0;
        for (var i = 0; i < Count; i++)
        {
            ref readonly var record = ref Record(i);
            if (_slots[Probe(_slots, record.Id)] == i + 1)
                sorted[count++] = translate == null ? record : new IndexRecord(translate(record.Id), record.Location);
        }

        Array.Resize(ref sorted, count);
        sorted.AsSpan().Sort(static (a, b) => a.Id.CompareTo(b.Id));
        return sorted;
    }

    // Where the chunk is in the table, or the free slot where it would be. The table is never more than half full.
    private int Probe(int[] slots, in ChunkId id)
    {
        var mask = slots.Length - 1;
        var slot = id.GetHashCode() & mask;
        while (Volatile.Read(ref slots[slot]) is var place and not 0 && Record(place - 1).Id != id)
            slot = (slot + 1) & mask;
        return slot;
    }

    private ref readonly IndexRecord Record(int place) => ref Volatile.Read(ref _segments)[place >> SegmentBits][place & (SegmentSize - 1)];

    private void Grow()
    {
        var slots = new int[2 * _slots.Length];
        for (var i = 0; i < Count; i++)
            slots[Probe(slots, Record(i).Id)] = i + 1;
        Volatile.Write(ref _slots, slots);
    }
}
