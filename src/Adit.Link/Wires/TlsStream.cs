using System.Net.Security;
using System.Runtime.CompilerServices;

namespace Adit.Link;

/// <summary>
/// TLS for bulk data: as <see cref="SslStream"/>, with fewer and larger calls to the kernel. A read takes all frames that have arrived and
/// a write of many frames leaves as one. Idle it holds no more than an <see cref="SslStream"/> does.
/// </summary>
public sealed class TlsStream : SslStream
{
    /// <summary>Wraps a transport, and owns it.</summary>
    /// <param name="transport">Connected; the handshake is still to be done.</param>
    public TlsStream(Stream transport)
        : base(new TlsFrames(transport), leaveInnerStreamOpen: false)
    {
    }

    private TlsFrames Frames => (TlsFrames)InnerStream;

    /// <inheritdoc />
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await base.ReadAsync(buffer, cancellationToken);
        while (count > 0 && count < buffer.Length && Frames.HasBulkFrame)
        {
            var more = await base.ReadAsync(buffer[count..], cancellationToken);
            if (more == 0)
                break;
            count += more;
        }

        return count;
    }

    /// <inheritdoc />
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        buffer.Length <= TlsFrames.MaxPlaintext ? base.WriteAsync(buffer, cancellationToken) : WriteFramesAsync(buffer, cancellationToken);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteFramesAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        Frames.Hold(buffer.Length);
        try
        {
            await base.WriteAsync(buffer, cancellationToken);
            await Frames.SendHeldAsync(cancellationToken);
        }
        finally
        {
            Frames.Drop();
        }
    }
}
