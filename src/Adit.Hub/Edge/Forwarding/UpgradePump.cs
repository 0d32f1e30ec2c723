using System.Buffers;
using Adit.Link;

namespace Adit.Hub.Edge.Forwarding;

/// <summary>
/// Carries a connection that was upgraded (RFC 9110 section 7.8), both ways. When the visitor ends its direction the upstream sees that
/// and may go on; when the upstream ends, what it sent is delivered and the visitor's connection closes, for Kestrel cannot close one
/// direction of it.
/// </summary>
internal static class UpgradePump
{
    private static readonly int[] Sizes = [2 * 1024, 16 * 1024, LinkStream.BulkPayload];

    /// <summary>Pumps until both directions have ended or one broke.</summary>
    /// <param name="visit">Whose connection.</param>
    /// <param name="visitor">What Kestrel gave for the connection.</param>
    /// <param name="connection">The upstream's.</param>
    /// <param name="run">What the upstream sent behind its head.</param>
    /// <param name="ending">Of a WebSocket that somebody may have to end; null for anything else.</param>
    /// <param name="watch">Wants to know of messages; null when nobody does.</param>
    public static async Task RunAsync(Visit visit, Stream visitor, UpstreamConnection connection, Memory<byte> run, WebSocketEnding? ending, MessageWatch? watch)
    {
        using var over = ending?.Over ?? new CancellationTokenSource();
        var inward = InwardAsync(visit, visitor, connection.Stream, ending, watch, over.Token);
        try
        {
            await OutwardAsync(visit, visitor, connection, run, ending, watch);
        }
        catch (LinkStreamException) when (ending is { IsAsked: true })
        {
            // The upstream did not end in time.
        }
        finally
        {
            await over.CancelAsync();
            await inward;
            if (ending is not null)
                await ending.CompleteAsync();
        }
    }

    // Waits without a buffer: most upgraded connections are silent most of the time.
    private static async Task InwardAsync(Visit visit, Stream visitor, LinkStream stream, WebSocketEnding? ending, MessageWatch? watch, CancellationToken over)
    {
        var size = 0;
        try
        {
            while (true)
            {
#pragma warning disable CA2022 // Reads nothing: it waits until there is something to read.
                await visitor.ReadAsync(Memory<byte>.Empty, over);
#pragma warning restore CA2022
                var count = await MoveAsync(visit, visitor, stream, ending, watch, Sizes[size], over);
                if (count == 0)
                    break;
                size = count == Sizes[size] ? Math.Min(size + 1, Sizes.Length - 1) : count < Sizes[size] / 8 ? 0 : size;
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The upstream has ended, and with it the connection; or its end was asked for.
        }
        catch (LinkStreamException)
        {
            return; // The other direction knows.
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            visit.Leave();
            return;
        }

        try
        {
            if (ending is { IsAsked: true })
                await ending.CloseUpstreamAsync();
            await stream.EndAsync();
        }
        catch (LinkStreamException)
        {
            // The other direction knows.
        }

        if (ending is { IsAsked: true })
            await ending.DrainAsync();
    }

    private static async ValueTask<int> MoveAsync(
        Visit visit, Stream visitor, LinkStream stream, WebSocketEnding? ending, MessageWatch? watch, int size, CancellationToken over)
    {
        var array = ArrayPool<byte>.Shared.Rent(LinkStream.HeaderLength + size);
        int count;
        try
        {
            count = await visitor.ReadAsync(array.AsMemory(LinkStream.HeaderLength, size), over);
            if (count == 0)
                return 0;
            ending?.Pass(array.AsSpan(LinkStream.HeaderLength, count));
            watch?.Inward(array.AsSpan(LinkStream.HeaderLength, count));
            await stream.SendAsync(array.AsMemory(0, LinkStream.HeaderLength + count));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(array);
        }

        visit.BytesIn += count;
        visit.Route!.Meter.AddBytesIn(count);
        if (visit.Route.Limits.Bandwidth is { } bandwidth)
            await bandwidth.SpendAsync(count, over);
        return count;
    }

    private static async Task OutwardAsync(Visit visit, Stream visitor, UpstreamConnection connection, Memory<byte> run, WebSocketEnding? ending, MessageWatch? watch)
    {
        if (run.IsEmpty)
            run = await connection.ReceiveAsync();
        while (!run.IsEmpty)
        {
            watch?.Outward(run.Span);
            if (ending is not null)
                run = ending.TakePen(run);
            if (!run.IsEmpty)
                await visitor.WriteAsync(run);
            ending?.ReturnPen();
            if (visit.VisitorLeft)
                throw new ForwardException(ForwardError.VisitorLeft);
            visit.BytesOut += run.Length;
            visit.Route!.Meter.AddBytesOut(run.Length);
            if (visit.Route.Limits.Bandwidth is { } bandwidth)
                await bandwidth.SpendAsync(run.Length, CancellationToken.None);
            run = await connection.ReceiveAsync();
        }
    }
}
