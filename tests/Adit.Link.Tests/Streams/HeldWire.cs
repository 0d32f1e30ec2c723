using System.Net;
using System.Threading.Channels;

namespace Adit.Link.Streams;

/// <summary>A wire whose peer is the test: it says what arrives and when what is sent may leave, and sees what has left.</summary>
internal sealed class HeldWire : Wire
{
    private readonly Channel<byte[]> _arriving = Channel.CreateUnbounded<byte[]>();
    private readonly Lock _lock = new();
    private readonly List<byte> _left = [];
    private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _open = new();
    private ReadOnlyMemory<byte> _arrived;
    private int _waiting;
    private int _said;
    private int _received;
    private int _taken;

    public HeldWire() => _open.SetResult();

    public override EndPoint? Remote => null;

    /// <summary>Sends that wait for <see cref="LetGo"/>.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Records of <see cref="Arrive"/> that were received to their end and looked at: the receiver waits for the next.</summary>
    public int Taken => Volatile.Read(ref _taken);

    public bool IsAllTaken => Taken == Volatile.Read(ref _said);

    public bool IsAborted => _aborted.Task.IsCompleted;

    /// <summary>The records that have left, whole ones.</summary>
    public IReadOnlyList<(RecordType Type, byte[] Payload)> Records
    {
        get
        {
            byte[] bytes;
            lock (_lock)
                bytes = [.. _left];
            var records = new List<(RecordType, byte[])>();
            for (var at = 0; at + RecordHeader.Size <= bytes.Length;)
            {
                var header = RecordHeader.Read(bytes.AsSpan(at));
                at += RecordHeader.Size;
                records.Add((header.Type, bytes[at..(at + header.Length)]));
                at += header.Length;
            }

            return records;
        }
    }

    /// <summary>From here on what is sent waits, its bytes still the sender's.</summary>
    public void Hold()
    {
        lock (_lock)
            _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void LetGo()
    {
        lock (_lock)
            _open.TrySetResult();
    }

    public void Arrive(RecordType type, params ReadOnlySpan<byte> payload)
    {
        Interlocked.Increment(ref _said);
        _arriving.Writer.TryWrite(DataConnection.Record(type, payload));
    }

    public void Open() => Arrive(RecordType.Open, """{"to":"tcp:127.0.0.1:1"}"""u8);

    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        if (_arrived.IsEmpty)
        {
            Volatile.Write(ref _taken, _received);
            var arriving = _arriving.Reader.ReadAsync().AsTask();
            await Task.WhenAny(arriving, _aborted.Task);
            ObjectDisposedException.ThrowIf(IsAborted, this);
            _arrived = await arriving;
            _received++;
        }

        var count = Math.Min(buffer.Length, _arrived.Length);
        _arrived[..count].CopyTo(buffer);
        _arrived = _arrived[count..];
        return count;
    }

    public override async ValueTask SendAsync(ReadOnlyMemory<byte> buffer)
    {
        Task open;
        lock (_lock)
            open = _open.Task;
        if (!open.IsCompleted)
        {
            Interlocked.Increment(ref _waiting);
            await Task.WhenAny(open, _aborted.Task);
            Interlocked.Decrement(ref _waiting);
        }

        ObjectDisposedException.ThrowIf(IsAborted, this);
        lock (_lock)
            _left.AddRange(buffer.Span);
    }

    public override void EndSending()
    {
    }

    public override void Abort() => _aborted.TrySetResult();
}
