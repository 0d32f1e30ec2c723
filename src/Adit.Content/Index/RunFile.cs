using System.IO.MemoryMappedFiles;
using System.Security.Cryptography;
using Adit.Content.Chunks;

namespace Adit.Content.Index;

/// <summary>
/// A run file, mapped: records in the order of their ids, which never change. Counted: it is unmapped when the last who uses it lets go.
/// </summary>
internal sealed unsafe class RunFile
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte[] _contentHash;
    private readonly byte* _start;
    private readonly IndexRecord* _records;
    private readonly uint* _buckets;
    private uint[]? _without;
    private ulong[]? _live;
    private ulong[]? _visited;
    private int _users = 1;

    private RunFile(string path, uint number, RunHeader header, byte[] contentHash, MemoryMappedFile file)
    {
        (Path, Number, Header, _contentHash, _file) = (path, number, header, contentHash, file);
        _view = file.CreateViewAccessor(0, header.Length, MemoryMappedFileAccess.Read);
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _start = start + _view.PointerOffset;
        _records = (IndexRecord*)(_start + header.RecordsAt);
        _buckets = (uint*)(_start + header.BucketsAt);
    }

    public string Path { get; }

    /// <summary>Its place among the runs: what a higher one says of a chunk comes first.</summary>
    public uint Number { get; }

    public RunHeader Header { get; }

    public uint Count => Header.Count;

    public ref readonly IndexRecord this[uint position] => ref _records[position];

    /// <summary>Opens a run; null when its header is not right. Records are not looked at.</summary>
    public static RunFile? Open(string path, uint number)
    {
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var length = RandomAccess.GetLength(handle);
        var header = RunHeader.Read(length, ReadStart, out var contentHash);
        if (header == null)
            return null;
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0);
        return new RunFile(
            path, number, header, contentHash, MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, false));

        byte[] ReadStart(int count)
        {
            var bytes = new byte[count];
            var got = RandomAccess.Read(handle, bytes, 0);
            return got == count ? bytes : throw new EndOfStreamException($"The file '{path}' is shorter than it says.");
        }
    }

    /// <summary>Where in it the chunk is; -1 when it is not.</summary>
    public long Find(in ChunkId id)
    {
        var bits = Header.BucketBits;
        var prefix = id.Prefix;
        var bucket = bits == 0 ? 0 : prefix >> (64 - bits);
        // What lies in the file is not trusted: a damaged table finds nothing, but it never reads beyond the records.
        var low = (long)Math.Min(_buckets[bucket], Count);
        var high = (long)Math.Min(_buckets[bucket + 1], Count);
        // Ids are spread evenly: where in the bucket it would be is a good guess. Where somebody made ids that are not, halving is as good as ever.
        if (high - low <= 48)
            return high <= low ? -1 : Walk(id, low, high, low + (long)Math.BigMul(prefix << bits, (ulong)(high - low), out _));
        while (low < high)
        {
            var middle = low + ((high - low) >> 1);
            var order = _records[middle].Id.CompareTo(id);
            if (order == 0)
                return middle;
            if (order < 0)
                low = middle + 1;
            else
                high = middle;
        }

        return -1;
    }

    /// <summary>Chunks in these packs are not here any more.</summary>
    public void Leave(IEnumerable<uint> packs) => Volatile.Write(ref _without, [.. (_without ?? []).Concat(packs).Distinct().Order()]);

    /// <summary>What it says of this pack does not count.</summary>
    public bool IsLeft(uint pack) => Volatile.Read(ref _without) is { } without && Array.BinarySearch(without, pack) >= 0;

    /// <summary>From now on it is remembered what is live and what was visited, until <see cref="EndMarking"/>.</summary>
    public void BeginMarking()
    {
        Volatile.Write(ref _visited, new ulong[(Count + 63) / 64]);
        Volatile.Write(ref _live, new ulong[(Count + 63) / 64]);
    }

    public void EndMarking()
    {
        Volatile.Write(ref _live, null);
        Volatile.Write(ref _visited, null);
    }

    public void MarkLive(long position) => Set(Volatile.Read(ref _live), position);

    /// <summary>It was marked, or nobody is marking: then everything lives.</summary>
    public bool IsLive(long position) => Volatile.Read(ref _live) is not { } live || (Volatile.Read(ref live[position >> 6]) & (1UL << (int)(position & 63))) != 0;

    /// <summary>Marks it live and says whether it is the first time.</summary>
    public IndexMark Visit(long position)
    {
        MarkLive(position);
        return Volatile.Read(ref _visited) is not { } visited ? IndexMark.Newer : Set(visited, position) ? IndexMark.First : IndexMark.Again;
    }

    /// <summary>Reads it all: false when a record or the table is not as it was written.</summary>
    public bool IsIntact(CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var at = Header.RecordsAt; at < Header.Length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var part = (int)Math.Min(1 << 20, Header.Length - at);
            hash.AppendData(new ReadOnlySpan<byte>(_start + at, part));
            at += part;
        }

        return hash.GetHashAndReset().AsSpan().SequenceEqual(_contentHash);
    }

    public void Use() => Interlocked.Increment(ref _users);

    public void LetGo()
    {
        if (Interlocked.Decrement(ref _users) != 0)
            return;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    // True when it was not set.
    private static bool Set(ulong[]? bits, long position)
    {
        if (bits == null)
            return false;
        var bit = 1UL << (int)(position & 63);
        return (Volatile.Read(ref bits[position >> 6]) & bit) == 0 && (Interlocked.Or(ref bits[position >> 6], bit) & bit) == 0;
    }

    private long Walk(in ChunkId id, long low, long high, long at)
    {
        var order = _records[at].Id.CompareTo(id);
        if (order == 0)
            return at;
        if (order < 0)
        {
            while (++at < high && (order = _records[at].Id.CompareTo(id)) < 0)
            {
            }

            return at < high && order == 0 ? at : -1;
        }

        while (--at >= low && (order = _records[at].Id.CompareTo(id)) > 0)
        {
        }

        return at >= low && order == 0 ? at : -1;
    }
}
