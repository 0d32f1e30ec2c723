using System.Buffers;
using System.Runtime.InteropServices;

namespace Adit.Link;

/// <summary>
/// Moves bytes between a stream and a local connection, or between two streams, both ways at once, until both directions have ended or
/// one side broke. Half-close passes through; a break on one side resets the other. Nothing is buffered beyond one read in each direction.
/// </summary>
public static class StreamPump
{
    private static readonly int[] ReadSizes = [2 * 1024, 16 * 1024, LinkStream.BulkPayload + LinkStream.HeaderLength];
    private const int SmallReadsBeforeShrinking = 64;
    private const string Defect = "The other end failed.";

    /// <summary>Pumps between a local connection and a stream. Disposes neither.</summary>
    /// <param name="local">The target's or visitor's connection.</param>
    /// <param name="stream">The stream on the link.</param>
    /// <param name="observer">Counts and holds back; null for neither.</param>
    /// <returns>Null when both directions ended in order; otherwise what broke.</returns>
    public static async Task<Exception?> RunAsync(Wire local, LinkStream stream, PumpObserver? observer = null)
    {
        var toLink = LocalToLinkAsync(local, stream, observer);
        var toLocal = LinkToLocalAsync(stream, local, observer);
        return await BothAsync(toLink, toLocal);
    }

    /// <summary>Pumps between two streams without copying. Disposes neither.</summary>
    /// <inheritdoc cref="RunAsync(Wire, LinkStream, PumpObserver?)" path="/returns"/>
    public static async Task<Exception?> RunAsync(LinkStream visitor, LinkStream stream, PumpObserver? observer = null)
    {
        var inward = RelayAsync(visitor, stream, observer, inward: true);
        var outward = RelayAsync(stream, visitor, observer, inward: false);
        return await BothAsync(inward, outward);
    }

    private static async Task<Exception?> BothAsync(params Task<Exception?>[] directions) =>
        (await Task.WhenAll(directions)).FirstOrDefault(e => e is not null);

    private static async Task<Exception?> LocalToLinkAsync(Wire local, LinkStream stream, PumpObserver? observer)
    {
        var size = 0;
        var smallReads = 0;
        var buffer = ArrayPool<byte>.Shared.Rent(ReadSizes[size]);
        try
        {
            while (true)
            {
                var most = ReadSizes[size] - LinkStream.HeaderLength;
                var count = await local.ReceiveAsync(buffer.AsMemory(LinkStream.HeaderLength, most));
                if (count == 0)
                {
                    await stream.EndAsync();
                    return null;
                }

                await stream.SendAsync(buffer.AsMemory(0, LinkStream.HeaderLength + count));
                if (observer is not null)
                    await observer.InwardAsync(count);

                // The buffer follows the traffic: a connection that only chats holds 2 KB.
                smallReads = count < most / 8 ? smallReads + 1 : 0;
                var next = count == most ? Math.Min(size + 1, ReadSizes.Length - 1)
                    : smallReads > SmallReadsBeforeShrinking ? Math.Max(size - 1, 0) : size;
                if (next != size)
                {
                    size = next;
                    smallReads = 0;
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = ArrayPool<byte>.Shared.Rent(ReadSizes[size]);
                }
            }
        }
        catch (LinkStreamException e)
        {
            local.Abort();
            return e;
        }
        catch (Exception e) when (Wire.IsBroken(e))
        {
            stream.Reset(ResetCode.TargetReset, "The connection at the other end was closed abruptly.");
            return e;
        }
        catch
        {
            Spoil(local, stream);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task<Exception?> LinkToLocalAsync(LinkStream stream, Wire local, PumpObserver? observer)
    {
        try
        {
            while (true)
            {
                var run = await stream.ReceiveAsync();
                if (run.IsEmpty)
                {
                    local.EndSending();
                    return null;
                }

                await local.SendAsync(run);
                if (observer is not null)
                    await observer.OutwardAsync(run.Length);
            }
        }
        catch (LinkStreamException e)
        {
            local.Abort();
            return e;
        }
        catch (Exception e) when (Wire.IsBroken(e))
        {
            stream.Reset(ResetCode.TargetReset, "The connection at the other end was closed abruptly.");
            return e;
        }
        catch
        {
            Spoil(local, stream);
            throw;
        }
    }

    private static async Task<Exception?> RelayAsync(LinkStream from, LinkStream to, PumpObserver? observer, bool inward)
    {
        try
        {
            while (true)
            {
                var run = await from.ReceiveAsync();
                if (run.IsEmpty)
                {
                    await to.EndAsync();
                    return null;
                }

                // The header of the record that brought these bytes lies in front of them and is used up: ours takes its place.
                MemoryMarshal.TryGetArray<byte>(run, out var array);
                await to.SendAsync(array.Array.AsMemory(array.Offset - LinkStream.HeaderLength, array.Count + LinkStream.HeaderLength));
                if (observer is not null)
                    await (inward ? observer.InwardAsync(run.Length) : observer.OutwardAsync(run.Length));
            }
        }
        catch (LinkStreamException e)
        {
            from.Reset(e.Code, e.Message);
            to.Reset(e.Code, e.Message);
            return e;
        }
        catch
        {
            from.Reset(ResetCode.None, Defect);
            to.Reset(ResetCode.None, Defect);
            throw;
        }
    }

    // A defect, the observer's or ours: whoever got a part must not take it for the whole, and nobody may wait for the rest.
    private static void Spoil(Wire local, LinkStream stream)
    {
        local.Abort();
        stream.Reset(ResetCode.None, Defect);
    }
}

/// <summary>Sees what a pump moves: for meters and bandwidth limits. Inward is from the visitor or local side towards the link.</summary>
public abstract class PumpObserver
{
    /// <summary>Bytes went from the local side into the stream. The pump goes on when this completes.</summary>
    public abstract ValueTask InwardAsync(int bytes);

    /// <summary>Bytes came out of the stream to the local side. The pump goes on when this completes.</summary>
    public abstract ValueTask OutwardAsync(int bytes);
}
