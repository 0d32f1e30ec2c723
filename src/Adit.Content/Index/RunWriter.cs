using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Adit.Content.Packs;
using Microsoft.Win32.SafeHandles;

namespace Adit.Content.Index;

/// <summary>
/// Writes a run file: records come in the order of their ids; it gets its name when it is whole and on the disk.
/// </summary>
internal sealed class RunWriter : IDisposable
{
    private const int Batch = 4096;

    private readonly StoreFiles _files;
    private readonly string _path;
    private readonly string _draft;
    private readonly SafeFileHandle _handle;
    private readonly PackSpan[] _spans;
    private readonly int _bits;
    private readonly uint[] _buckets;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IndexRecord[] _batch = new IndexRecord[Batch];
    private int _inBatch;
    private uint _count;
    private long _at;

    /// <param name="count">At most so many records will come.</param>
    public RunWriter(StoreFiles files, string path, IEnumerable<PackSpan> spans, long count)
    {
        (_files, _path, _draft) = (files, path, path + ".tmp");
        _spans = [.. spans.OrderBy(s => s.Pack).ThenBy(s => s.From)];
        _bits = RunHeader.BucketBitsFor(count);
        _buckets = new uint[(1 << _bits) + 1];
        _at = RunHeader.RecordsAfter(_spans.Length);
        File.Delete(_draft);
        _handle = files.Create(_draft);
    }

    public void Add(in IndexRecord record)
    {
        // Counted one further on: the sum up to a bucket is where it begins.
        _buckets[(_bits == 0 ? 0 : record.Id.Prefix >> (64 - _bits)) + 1]++;
        _batch[_inBatch++] = record;
        _count = checked(_count + 1);
        if (_inBatch == Batch)
            WriteBatch();
    }

    /// <summary>Ends it: from now on it is a run.</summary>
    /// <param name="replaces">The lowest number of those that it replaces; its own when none.</param>
    public void Finish(uint replaces)
    {
        WriteBatch();
        for (var i = 1; i < _buckets.Length; i++)
            _buckets[i] += _buckets[i - 1];
        Write(MemoryMarshal.AsBytes<uint>(_buckets));
        var header = new RunHeader(_count, _bits, replaces, _spans);
        _files.Write(_handle, _draft, header.ToBytes(_hash.GetHashAndReset()), 0);
        _files.Sync(_handle, _draft);
        _handle.Dispose();
        _files.Rename(_draft, _path);
        _files.SyncDirectory(Path.GetDirectoryName(_path)!);
    }

    /// <summary>Without <see cref="Finish"/>, a draft stays behind, which the next opening removes.</summary>
    public void Dispose()
    {
        _handle.Dispose();
        _hash.Dispose();
    }

    private void WriteBatch()
    {
        Write(MemoryMarshal.AsBytes<IndexRecord>(_batch.AsSpan(0, _inBatch)));
        _inBatch = 0;
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        _hash.AppendData(bytes);
        _files.Write(_handle, _draft, bytes, _at);
        _at += bytes.Length;
    }
}
