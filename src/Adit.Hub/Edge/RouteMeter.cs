namespace Adit.Hub.Edge;

/// <summary>The counters of one route, written on hot paths with interlocked adds and read by metrics and API at leisure.</summary>
internal sealed class RouteMeter
{
    private long _requests;
    private long _streams;
    private long _openStreams;
    private long _bytesIn;
    private long _bytesOut;
    private AnswerTimes? _answers;

    /// <summary>Requests whose answer has begun or failed.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Streams ever carried (an upgrade or a TCP connection is one; an HTTP request is one).</summary>
    public long Streams => Interlocked.Read(ref _streams);

    /// <summary>Streams and requests open now.</summary>
    public long OpenStreams => Interlocked.Read(ref _openStreams);

    /// <summary>Payload bytes from visitors.</summary>
    public long BytesIn => Interlocked.Read(ref _bytesIn);

    /// <summary>Payload bytes to visitors.</summary>
    public long BytesOut => Interlocked.Read(ref _bytesOut);

    /// <summary>Statuses and times of answers; null before the first.</summary>
    public AnswerTimes? Answers => Volatile.Read(ref _answers);

    /// <summary>Counts an exchange that is over, by its status (0: the visitor left before any) and its time.</summary>
    public void Answered(int status, TimeSpan duration)
    {
        var answers = _answers ?? Interlocked.CompareExchange(ref _answers, new AnswerTimes(), null) ?? _answers;
        answers.Add(status, duration);
    }

    /// <summary>Counts a request.</summary>
    public void AddRequest() => Interlocked.Increment(ref _requests);

    /// <summary>Counts a stream that opens; pair with <see cref="CloseStream"/>. Returns how many are open now.</summary>
    public long OpenStream()
    {
        Interlocked.Increment(ref _streams);
        return Interlocked.Increment(ref _openStreams);
    }

    /// <summary>Counts a stream that closed.</summary>
    public void CloseStream() => Interlocked.Decrement(ref _openStreams);

    /// <summary>Counts payload from the visitor.</summary>
    public void AddBytesIn(long bytes) => Interlocked.Add(ref _bytesIn, bytes);

    /// <summary>Counts payload to the visitor.</summary>
    public void AddBytesOut(long bytes) => Interlocked.Add(ref _bytesOut, bytes);
}
