using System.Buffers;
using Adit.Api;
using Microsoft.Win32.SafeHandles;

namespace Adit.Runner.Executors;

/// <summary>
/// A task's log on the runner, over all its attempts, until the hub has it: files of batches (<see cref="SpoolBatch"/>), each named by its first
/// line's number. Bounded: when it is full its oldest file goes, and who reads from before what is left gets one line of stream <c>adit</c>, with
/// the number of the last line that is gone, which says how many are. A batch that was half written when the process was killed is as if it had
/// never been. What was appended survives the process; a failing power supply may take the last seconds. Safe for concurrent use.
/// </summary>
internal sealed class TaskSpool : IDisposable
{
    /// <summary>How much is kept unless told otherwise.</summary>
    public const long DefaultMaxBytes = 64 << 20;

    private const int SegmentsAtLeast = 16;
    private const long LargestSegment = 4 << 20;
    private const int AditStream = 2;
    private const int MostRepeats = 10;
    private const int LongestSaying = 4096;

    private readonly Lock _lock = new();
    private readonly string _directory;
    private readonly TimeProvider _time;
    private readonly long _maxBytes;
    private readonly List<SpoolSegment> _segments;
    private SafeFileHandle? _handle;
    private TaskCompletionSource _appended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SpoolCursor _cursor;
    private long _end;
    private SpoolPosition _position;

    /// <summary>Opens the spool of a directory, which is created, and forgets what was half written.</summary>
    /// <exception cref="IOException">The directory cannot be used.</exception>
    public TaskSpool(string directory, TimeProvider time, long maxBytes = DefaultMaxBytes)
    {
        _directory = directory;
        _time = time;
        _maxBytes = maxBytes;
        TaskPlace.CreateDirectory(directory);
        _segments = [.. Directory.EnumerateFiles(directory, "*" + SpoolSegment.Suffix).Select(SpoolSegment.Of).OfType<SpoolSegment>().OrderBy(static s => s.First)];
        _end = 1;
        Recover();
    }

    /// <summary>The number of the first line that is kept; <see cref="End"/> when none is.</summary>
    public long First
    {
        get
        {
            lock (_lock)
                return _segments.Count == 0 ? _end : _segments[0].First;
        }
    }

    /// <summary>One more than the last line's number.</summary>
    public long End
    {
        get
        {
            lock (_lock)
                return _end;
        }
    }

    /// <summary>How far the source was read.</summary>
    public SpoolPosition Position
    {
        get
        {
            lock (_lock)
                return _position;
        }
    }

    /// <summary>
    /// Lines from number <paramref name="from"/> on, in order: at most <paramref name="max"/> and about 1 MiB. Empty when there are none yet.
    /// When lines from there on were dropped, the first is the line that says so.
    /// </summary>
    public IReadOnlyList<LogLine> Read(long from, int max)
    {
        var lines = new List<LogLine>(Math.Min(max, 1024));
        for (var i = 0; i < MostRepeats && !TryRead(Math.Max(1, from), max, lines); i++)
            lines.Clear(); // A file went while it was read: the oldest are dropped as new ones come.
        return lines;
    }

    /// <summary>
    /// Counts on from a number when it has not come so far: the lines before are another runner's and with the hub. What is there of such lines goes.
    /// </summary>
    /// <exception cref="IOException">What is there cannot be deleted.</exception>
    public void BeginAt(long first)
    {
        lock (_lock)
        {
            if (first <= _end)
                return;
            _handle?.Dispose();
            _handle = null;
            while (_segments.Count > 0)
                DropOldest();
            _end = first;
        }
    }

    /// <summary>Completes when there is a line with number <paramref name="from"/>.</summary>
    public async Task WaitAsync(long from, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task appended;
            lock (_lock)
            {
                if (_end > from)
                    return;
                appended = _appended.Task;
            }

            await appended.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Appends what the runner has to say about the task, as a line of stream <c>adit</c>.</summary>
    /// <exception cref="IOException">The disk is full.</exception>
    public void Say(string text)
    {
        using var batch = new SpoolBatch();
        batch.Add(AditStream, System.Text.Encoding.UTF8.GetBytes(text.Length <= LongestSaying ? text : text[..LongestSaying]), isPart: false);
        lock (_lock)
            Append(batch, _position);
    }

    /// <summary>Appends lines, and with them how far their source was read. A batch without lines says only that.</summary>
    /// <exception cref="IOException">They are not written, none of them: the disk is full.</exception>
    public void Append(SpoolBatch batch, SpoolPosition position)
    {
        lock (_lock)
        {
            var bytes = batch.Seal(_end, _time.GetUtcNow(), position);
            var segment = Current();
            try
            {
                RandomAccess.Write(_handle!, bytes.Span, segment.Length);
            }
            catch
            {
                Shorten(segment.Length);
                throw;
            }

            segment.Length += bytes.Length;
            _end += batch.Count;
            _position = position;
            Drop();
            if (batch.Count == 0)
                return;
            _appended.SetResult();
            _appended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Frees what holds only lines before number <paramref name="before"/>: the hub has them. The newest file stays.</summary>
    public void Trim(long before)
    {
        lock (_lock)
        {
            while (_segments.Count > 1 && _segments[1].First <= before && _segments[1].Length > 0)
                DropOldest();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _handle?.Dispose();
            _handle = null;
        }
    }

    // The segment that is written to, with its handle open.
    private SpoolSegment Current()
    {
        var largest = Math.Min(LargestSegment, Math.Max(SpoolBatch.MaxLength, _maxBytes / SegmentsAtLeast));
        if (_segments.Count == 0 || (_segments[^1].Length >= largest && _segments[^1].First < _end))
        {
            _handle?.Dispose();
            _handle = null;
            _segments.Add(SpoolSegment.At(_directory, _end));
        }

        var options = OperatingSystem.IsWindows() ? FileShare.ReadWrite | FileShare.Delete : FileShare.ReadWrite;
        _handle ??= File.OpenHandle(_segments[^1].Path, FileMode.OpenOrCreate, FileAccess.ReadWrite, options);
        return _segments[^1];
    }

    private void Drop()
    {
        var total = _segments.Sum(static s => s.Length);
        while (total > _maxBytes && _segments.Count > 1)
        {
            total -= _segments[0].Length;
            DropOldest();
        }
    }

    private void DropOldest()
    {
        File.Delete(_segments[0].Path);
        _segments.RemoveAt(0);
    }

    // Only the last file can have an unfinished end: the one before was complete when it was made.
    private void Recover()
    {
        while (_segments.Count > 0)
        {
            var segment = _segments[^1];
            var bytes = ArrayPool<byte>.Shared.Rent((int)Math.Min(segment.Length + 1, LargestSegment + SpoolBatch.MaxLength));
            try
            {
                using var handle = File.OpenHandle(segment.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
                var length = RandomAccess.Read(handle, bytes, 0);
                var at = 0;
                var end = segment.First;
                while (SpoolBatch.Head(bytes.AsSpan(at, length - at), verify: true, out _) is { } head && head.Number == end)
                {
                    at += head.Length;
                    end += head.Count;
                    _position = head.Position;
                }

                if (at > 0)
                {
                    if (at < segment.Length)
                        RandomAccess.SetLength(handle, at);
                    segment.Length = at;
                    _end = end;
                    return;
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(bytes);
            }

            // It was made and nothing came into it. Its number counts even so: the lines before it were there.
            File.Delete(segment.Path);
            _segments.RemoveAt(_segments.Count - 1);
        }
    }

    private void Shorten(long length)
    {
        try
        {
            RandomAccess.SetLength(_handle!, length);
        }
        catch (IOException)
        {
            // What is there too much fails its checksum.
        }
    }

    // False when a file went while it was read.
    private bool TryRead(long from, int max, List<LogLine> lines)
    {
        SpoolSegment[] segments;
        SpoolCursor cursor;
        lock (_lock)
        {
            if (from >= _end || max < 1 || _segments.Count == 0)
                return true;
            segments = [.. _segments.Select(static s => s with { })];
            cursor = _cursor;
        }

        var first = segments[0].First;
        var missing = Math.Max(0, first - from);
        if (!SpoolReader.TryRead(segments, from + missing, max, lines, ref cursor))
            return false;
        if (missing > 0 && lines.Count > 0)
        {
            lines.Insert(0, new LogLine(
                first - 1, lines[0].At, "adit", $"{missing} lines were dropped here: they came faster than the hub took them, and {_maxBytes >> 20} MiB are kept."));
        }

        lock (_lock)
            _cursor = cursor;
        return true;
    }
}
