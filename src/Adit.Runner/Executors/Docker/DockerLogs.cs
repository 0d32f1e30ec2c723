using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;

namespace Adit.Runner.Executors;

/// <summary>
/// Reads a container's log into a spool so that nothing is lost or doubled when it is cut off anywhere. The engine can be asked for all messages
/// from a time on, in the order in which it has them, and that order is not quite that of the times: those of the two streams may be a little
/// mixed. So the position is a time that is well before the last message, and how many messages from then on were taken.
/// </summary>
/// <remarks>Not safe for concurrent use.</remarks>
internal sealed class DockerLogs : IDisposable
{
    private const int FrameHead = 8;
    private const int LargestFrame = 128 * 1024; // The engine cuts lines at 16 KiB.
    private const int LongestLine = OutputFile.LongestLine;
    private const long Mixed = 5_000_000_000; // Nanoseconds by which times may be out of order. They are so by microseconds.

    private readonly TaskSpool _spool;
    private readonly int _attempt;
    private readonly SpoolBatch _batch = new();
    private readonly Queue<long> _times = new(); // Of the messages from _since on that were taken.
    private long _since;
    private long _latest;
    private long _skip;

    /// <summary>Goes on where the spool says that an earlier one stopped.</summary>
    public DockerLogs(TaskSpool spool, int attempt)
    {
        _spool = spool;
        _attempt = attempt;
        Rewind();
    }

    /// <summary>From when on the engine is to be asked: seconds since 1970 with nanoseconds.</summary>
    public string Since => string.Create(CultureInfo.InvariantCulture, $"{_since / 1_000_000_000}.{_since % 1_000_000_000:D9}");

    /// <summary>Goes back to what is in the spool: the stream was cut off, the next one begins at <see cref="Since"/>.</summary>
    public void Rewind()
    {
        var position = _spool.Position.Attempt == _attempt ? _spool.Position : default;
        _since = _latest = position.First;
        _skip = position.Second;
        _times.Clear();
        _batch.Clear();
    }

    /// <summary>Takes a stream of messages to its end.</summary>
    /// <exception cref="IOException">The spool cannot be written, or the stream broke.</exception>
    public async Task ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var reader = PipeReader.Create(stream);
        try
        {
            while (true)
            {
                var result = await reader.ReadAsync(cancellationToken);
                var buffer = result.Buffer;
                while (TryTake(ref buffer))
                {
                    // All that is complete.
                }

                Append();
                reader.AdvanceTo(buffer.Start, buffer.End);
                if (result.IsCompleted)
                    return;
            }
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _batch.Dispose();

    /// <summary>Nanoseconds since 1970 of a time as the engine writes it: <c>2026-11-22T11:15:05.010465462Z</c>. Null when it is none.</summary>
    internal static long? Nanoseconds(ReadOnlySpan<byte> text)
    {
        // Nine digits are more than .NET's times have.
        if (text.Length < 20 || text[^1] != 'Z'
            || !DateTime.TryParseExact(Encoding.ASCII.GetString(text[..19]), "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var second))
        {
            return null;
        }

        var nanoseconds = 0L;
        var scale = 100_000_000L;
        foreach (var digit in text[20..^1])
        {
            if (!char.IsAsciiDigit((char)digit))
                return null;
            nanoseconds += (digit - '0') * scale;
            scale /= 10;
        }

        return new DateTimeOffset(second).ToUnixTimeSeconds() * 1_000_000_000 + nanoseconds;
    }

    // A frame: stream (1 out, 2 err), three zeros, length (u32, big-endian), then the time, a space, the line and, unless it goes on, its end.
    private bool TryTake(ref ReadOnlySequence<byte> buffer)
    {
        if (buffer.Length < FrameHead)
            return false;
        Span<byte> head = stackalloc byte[FrameHead];
        buffer.Slice(0, FrameHead).CopyTo(head);
        var length = BinaryPrimitives.ReadUInt32BigEndian(head[4..]);
        if (length > LargestFrame)
            throw new IOException("The log of the container cannot be read: a message is longer than 128 KiB.");
        if (buffer.Length < FrameHead + length)
            return false;
        if (_batch.Length + 3 * length + LongestLine > SpoolBatch.MaxLength)
            Append(); // Each byte may have to become three.
        var rented = ArrayPool<byte>.Shared.Rent((int)length);
        try
        {
            var message = rented.AsSpan(0, (int)length);
            buffer.Slice(FrameHead, length).CopyTo(message);
            Take(head[0] == 2 ? 1 : 0, message);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        buffer = buffer.Slice(FrameHead + length);
        return true;
    }

    private void Take(int stream, ReadOnlySpan<byte> message)
    {
        var space = message.IndexOf((byte)' ');
        if (space < 0 || Nanoseconds(message[..space]) is not { } at)
            throw new IOException("The log of the container cannot be read: a message has no time.");
        _times.Enqueue(at);
        _latest = Math.Max(_latest, at);
        if (_skip > 0)
        {
            _skip--; // Taken by an earlier one.
            return;
        }

        var line = message[(space + 1)..];
        var isWhole = line.Length > 0 && line[^1] == '\n';
        if (isWhole)
            line = line.Length > 1 && line[^2] == '\r' ? line[..^2] : line[..^1];
        for (; line.Length > LongestLine; line = line[LongestLine..])
            _batch.Add(stream, line[..LongestLine], isPart: true);
        _batch.Add(stream, line, isPart: !isWhole);
    }

    private void Append()
    {
        if (_batch.Count == 0)
            return;
        if (_latest - _since > 2 * Mixed)
        {
            _since = _latest - Mixed;
            // In the order of the engine, not of the times: all that the next one would be sent are counted.
            for (var i = _times.Count; i > 0; i--)
            {
                if (_times.Dequeue() is var time && time >= _since)
                    _times.Enqueue(time);
            }
        }

        _spool.Append(_batch, new SpoolPosition(_attempt, _since, _times.Count));
        _batch.Clear();
    }
}
