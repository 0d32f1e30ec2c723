using System.Globalization;
using System.Text;
using Adit.Api;
using Adit.Hub.Storage;

namespace Adit.Hub.Tasks;

/// <summary>
/// The log of one task: segments of some MiB named by their first line's number, the oldest of which go when there is too much. A line of
/// a segment is <c>NUMBER MILLISECONDS STREAM TEXT</c>, the stream followed by '+' when the next piece goes on, line breaks and backslashes within the text written as in C. What a crash left half written
/// at the end is not read, is cut off before more is written, and comes again from the runner.
/// </summary>
internal sealed class LogFile : IDisposable
{
    private const int SegmentBytes = 4 * 1024 * 1024;
    private const int MostSegments = 25; // 100 MiB
    private const long LargestGap = 1L << 32; // Lines that a runner may have dropped at once.
    private const int TailBytes = 64 * 1024; // What is read of a segment's end to find its last line; more when that is longer.
    private const int IndexEvery = 64 * 1024; // Bytes that a reader who knows where to begin skips over at most.
    private const string Extension = ".log";

    private readonly string _directory;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly List<long> _segments = [];
    private readonly List<(long Number, long Offset)> _index = []; // Of the last segment, in order. Changed in the turn; readers get a copy.
    private readonly TimeProvider _time;
    private FileStream? _last;
    private long _end = 1;
    private long _written;
    private long _expected;
    private bool _isKnown; // Whether what is there was looked at.
    private volatile TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LogFile(string directory, TimeProvider time)
    {
        _directory = directory;
        _time = time;
    }

    /// <inheritdoc cref="TaskLogs.Expected"/>
    public long Expected
    {
        get => Interlocked.Read(ref _expected);
        set => Interlocked.Exchange(ref _expected, value);
    }

    /// <inheritdoc cref="TaskLogs.AppendAsync"/>
    public async Task<long> AppendAsync(IReadOnlyList<LogLine> lines)
    {
        await _turn.WaitAsync();
        try
        {
            OpenLast();
            var text = new StringBuilder();
            var end = _end;
            foreach (var line in lines)
            {
                if (line.Number < end)
                    continue;
                if (line.Number - end > LargestGap)
                    break; // No runner drops so many: whoever says so would leave no number for others.
                Write(text, line);
                end = line.Number + 1;
            }

            if (end == _end)
                return _end;
            await WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), lines.First(l => l.Number >= _end).Number);
            _end = end;
            return end;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Close(); // Whatever of it is there is cut off at the next opening.
            throw new StorageException($"The log could not be written: {e.Message}", e);
        }
        finally
        {
            _turn.Release();
            Interlocked.Exchange(ref _more, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }
    }

    /// <inheritdoc cref="TaskLogs.EndAsync"/>
    public async Task<long> EndAsync()
    {
        await _turn.WaitAsync();
        try
        {
            Look();
            return _end;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc cref="TaskLogs.ReadAsync"/>
    public async Task<LogPage> ReadAsync(long? from, int most, string? search, CancellationToken cancellationToken)
    {
        List<long> segments;
        long end;
        var offset = 0L;
        await _turn.WaitAsync(cancellationToken);
        try
        {
            Look();
            segments = [.. _segments];
            end = _end;
            // Who follows reads the end of the last segment again and again, and not all of it.
            if (from is { } wanted && _index.FindLastIndex(i => i.Number <= wanted) is >= 0 and var at)
                offset = _index[at].Offset;
        }
        finally
        {
            _turn.Release();
        }

        return await Task.Run(
            () =>
            {
                var first = segments.Count > 0 ? segments[0] : 1;
                var lines = from is { } start ? Forward(segments, start, end, most, search, offset, cancellationToken) : Backward(segments, end, most, search, cancellationToken);
                return new LogPage { Lines = lines, First = first, End = end };
            },
            cancellationToken);
    }

    /// <summary>Holds no file open when nothing was written for so long.</summary>
    public async Task CloseSilentAsync(TimeSpan silence)
    {
        await _turn.WaitAsync();
        try
        {
            if (_last is not null && _time.GetElapsedTime(_written) > silence)
                Close();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc cref="TaskLogs.WaitAsync"/>
    public async Task WaitAsync(long number, CancellationToken cancellationToken)
    {
        while (true)
        {
            var more = _more.Task;
            await _turn.WaitAsync(cancellationToken);
            try
            {
                Look();
                if (_end > number)
                    return;
            }
            finally
            {
                _turn.Release();
            }

            await more.WaitAsync(cancellationToken);
        }
    }

    public void Dispose()
    {
        _last?.Dispose();
        _turn.Dispose();
    }

    // The offset is one of the last segment from which the first line that is wanted is found.
    private List<LogLine> Forward(List<long> segments, long from, long end, int most, string? search, long offset, CancellationToken cancellationToken)
    {
        var lines = new List<LogLine>();
        for (var i = Math.Max(0, segments.FindLastIndex(s => s <= from)); i < segments.Count && lines.Count < most; i++)
        {
            var some = Lines(segments[i], end, i == segments.Count - 1 ? offset : 0, cancellationToken);
            lines.AddRange(some.Where(l => l.Number >= from && Has(l, search)).Take(most - lines.Count));
        }

        return lines;
    }

    private List<LogLine> Backward(List<long> segments, long end, int most, string? search, CancellationToken cancellationToken)
    {
        var lines = new LinkedList<List<LogLine>>();
        for (int i = segments.Count - 1, left = most; i >= 0 && left > 0; i--)
        {
            var some = Lines(segments[i], end, 0, cancellationToken).Where(l => Has(l, search)).TakeLast(left).ToList();
            lines.AddFirst(some);
            left -= some.Count;
        }

        return [.. lines.SelectMany(static l => l)];
    }

    // A segment that went meanwhile has none.
    private IEnumerable<LogLine> Lines(long segment, long end, long offset, CancellationToken cancellationToken)
    {
        StreamReader reader;
        try
        {
            var file = new FileStream(PathOf(segment), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            file.Position = offset;
            reader = new StreamReader(file, Encoding.UTF8);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            yield break;
        }

        using (reader)
        {
            while (reader.ReadLine() is { } text)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (Read(text) is not { } line || line.Number >= end)
                    yield break; // It is being written.
                yield return line;
            }
        }
    }

    private async Task WriteAsync(byte[] bytes, long first)
    {
        if (_last is null || _last.Position + bytes.Length > SegmentBytes)
        {
            _last?.Dispose();
            _last = new FileStream(PathOf(first), FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            _segments.Add(first);
            _index.Clear();
        }

        if (_index.Count == 0 || _last.Position - _index[^1].Offset >= IndexEvery)
            _index.Add((first, _last.Position));
        _written = _time.GetTimestamp();
        await _last.WriteAsync(bytes);
        _last.Flush(flushToDisk: true);
        while (_segments.Count > MostSegments)
        {
            File.Delete(PathOf(_segments[0]));
            _segments.RemoveAt(0);
        }
    }

    // What there is, for who reads it: no file stays open.
    private void Look()
    {
        if (_isKnown)
            return;
        Count();
        _end = 1;
        if (_segments is [.., var last])
        {
            using var file = new FileStream(PathOf(last), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            _end = Tail(file, last).End;
        }

        _isKnown = true;
    }

    // The last segment, for who writes it, who makes the log when there is none; it ends with a whole line.
    private void OpenLast()
    {
        if (_last is not null)
            return;
        Create();
        Count();
        _end = 1;
        if (_segments is [.., var last])
        {
            var file = new FileStream(PathOf(last), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            try
            {
                (var length, _end) = Tail(file, last);
                file.SetLength(length);
                file.Position = length;
                _last = file;
            }
            finally
            {
                if (_last is null)
                    file.Dispose();
            }

            _written = _time.GetTimestamp();
        }

        _isKnown = true;
    }

    private void Count()
    {
        _segments.Clear();
        _index.Clear();
        if (Directory.Exists(_directory))
        {
            _segments.AddRange(Directory.EnumerateFiles(_directory, "*" + Extension)
                .Select(static f => long.TryParse(Path.GetFileNameWithoutExtension(f), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0).Where(static n => n > 0).Order());
        }
    }

    private void Create()
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(_directory);
        else
            Directory.CreateDirectory(_directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    // How many bytes of a segment are whole lines, and the number of the line that would follow; the segment's own when there is none that can be read.
    private static (long Length, long End) Tail(FileStream file, long first)
    {
        var all = file.Length;
        for (var wanted = (long)TailBytes; ; wanted *= 4)
        {
            var from = Math.Max(0, all - wanted);
            var bytes = new byte[all - from];
            file.Position = from;
            file.ReadExactly(bytes);
            var length = bytes.AsSpan().LastIndexOf((byte)'\n') + 1;
            var start = length == 0 ? 0 : bytes.AsSpan(0, length - 1).LastIndexOf((byte)'\n') + 1;
            if (start == 0 && from > 0)
                continue; // The last line begins further ahead.
            var line = length == 0 ? null : Read(Encoding.UTF8.GetString(bytes, start, length - 1 - start));
            return (from + length, line is null ? first : line.Number + 1);
        }
    }

    private void Close()
    {
        _last?.Dispose();
        _last = null;
        _isKnown = false;
    }

    private static void Write(StringBuilder text, LogLine line) => text
        .Append(CultureInfo.InvariantCulture, $"{line.Number} {line.At.ToUnixTimeMilliseconds()} {line.Stream}{(line.IsPart ? "+" : "")} ")
        .Append(Escaped(line.Text))
        .Append('\n');

    private static LogLine? Read(string text)
    {
        var parts = text.Split(' ', 4);
        if (parts.Length < 4 || !long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || !long.TryParse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var at))
            return null;
        return new LogLine(number, DateTimeOffset.FromUnixTimeMilliseconds(at), parts[2].TrimEnd('+'), Unescaped(parts[3])) { IsPart = parts[2].EndsWith('+') };
    }

    // Programs that draw progress return the carriage within a line.
    private static string Escaped(string text) => text.AsSpan().IndexOfAny('\n', '\r', '\\') < 0
        ? text
        : text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal);

    private static string Unescaped(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
            return text;
        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length)
                plain.Append(text[i]);
            else
                plain.Append(text[++i] switch { 'n' => '\n', 'r' => '\r', var c => c });
        }

        return plain.ToString();
    }

    private static bool Has(LogLine line, string? search) => search is null || line.Text.Contains(search, StringComparison.OrdinalIgnoreCase);

    private string PathOf(long segment) => Path.Combine(_directory, segment.ToString("D18", CultureInfo.InvariantCulture) + Extension);
}
