namespace Adit.Link;

/// <summary>
/// A <see cref="LinkStream"/> as a <see cref="Stream"/>: reads and writes copy; disposing resets what has not ended and gives the stream
/// back. It has no half-close: END is sent by <see cref="LinkStream.EndAsync"/> only.
/// </summary>
internal sealed class LinkStreamAdapter(LinkStream stream) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await using var abort = AbortOn(cancellationToken);
        return await stream.ReadAsync(buffer);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await using var abort = AbortOn(cancellationToken);
        await stream.WriteAsync(buffer);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("A link stream is read asynchronously.");

    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("A link stream is written asynchronously.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            stream.Reset(ResetCode.Cancelled, "The stream was given up.");
            _ = stream.DisposeAsync().AsTask(); // It waits for the peer's answer at most two seconds and cannot fail.
        }

        base.Dispose(disposing);
    }

    // A link stream has no cancellation of single calls: half a record may be on the wire. Giving up a call gives up the stream.
    private CancellationTokenRegistration AbortOn(CancellationToken cancellationToken) =>
        cancellationToken.CanBeCanceled
            ? cancellationToken.UnsafeRegister(static s => ((LinkStream)s!).Reset(ResetCode.Cancelled, "The call was cancelled."), stream)
            : default;
}
