using System.Buffers;
using System.Buffers.Text;
using Adit.Link;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Adit.Hub.Edge.Forwarding;

/// <summary>Moves the body of a request to the upstream, as fast as the upstream takes it.</summary>
internal sealed class RequestPump(ForwarderOptions options, TimeProvider time)
{
    // Room before the data: a record's header and a chunk's size with its line end.
    private const int Front = LinkStream.HeaderLength + 8 + 2;

    /// <summary>
    /// Appends the body to the head where the visitor's first bytes held all of it: one record then carries the whole request, which can
    /// be sent again if need be.
    /// </summary>
    public static void TakeWhole(Visit visit)
    {
        var length = visit.Request.Headers.ContentLength!.Value;
        if (length > LinkStream.BulkPayload - visit.Head.Length || visit.Request.Headers.Expect.Count > 0)
            return;
        var reader = visit.BodyReader!;
        if (!reader.TryRead(out var result))
            return;
        if (result.Buffer.Length < length)
        {
            reader.AdvanceTo(result.Buffer.Start, result.Buffer.Start);
            return;
        }

        foreach (var segment in result.Buffer)
        {
            visit.Head.Write(segment.Span);
            visit.Watcher?.RequestBody(segment.Span);
        }

        reader.AdvanceTo(result.Buffer.End);
        visit.BytesIn = length;
        visit.Route!.Meter.AddBytesIn(length);
        visit.BodyIsRead = true;
    }

    /// <summary>Pumps until the body has ended, one side failed, or the answer came without it. Never throws.</summary>
    public async Task RunAsync(Visit visit, UpstreamConnection connection)
    {
        try
        {
            if (visit.Continue is { } mayGoOn && !await WaitToContinueAsync(mayGoOn))
                return;
            await PumpAsync(visit, connection);
        }
        catch (LinkStreamException)
        {
            // Whoever receives from the same stream knows why, and may even have an answer.
        }
        catch (BadHttpRequestException e)
        {
            visit.Fail(
                e.StatusCode == StatusCodes.Status413PayloadTooLarge ? ForwardError.RequestTooLarge : ForwardError.RequestBodyBroken,
                e.Message);
            connection.Stream.Reset(ResetCode.Cancelled, "The visitor's request broke off.");
        }
        catch (ForwardException e)
        {
            visit.Fail(e.Error, e.Detail);
            connection.Stream.Reset(ResetCode.Cancelled, "The visitor's request broke off.");
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            visit.Leave();
        }
        catch (Exception e)
        {
            visit.Fail(ForwardError.Internal, e.Message);
            connection.Stream.Reset(ResetCode.Cancelled, "The hub failed.");
        }
        finally
        {
            connection.DisarmSend();
            if (visit.AwaitsHead)
                connection.ArmReceive(Wait.ResponseHead, visit.Route!.Limits.ResponseHeadTimeout);
        }
    }

    private async Task<bool> WaitToContinueAsync(TaskCompletionSource<bool> mayGoOn)
    {
        using var enough = new CancellationTokenSource();
        await Task.WhenAny(mayGoOn.Task, Task.Delay(options.Continue, time, enough.Token));
        await enough.CancelAsync();
        return !mayGoOn.Task.IsCompleted || await mayGoOn.Task;
    }

    private async Task PumpAsync(Visit visit, UpstreamConnection connection)
    {
        var reader = visit.BodyReader!;
        var chunked = visit.Shape == RequestShape.Chunked;
        var limits = visit.Route!.Limits;
        while (true)
        {
            connection.ArmSend(Wait.RequestBody, options.RequestBodyIdle);
            var result = await reader.ReadAsync();
            if (result.IsCanceled)
            {
                reader.AdvanceTo(result.Buffer.Start); // Another attempt may read on.
                if (connection.SendsNoMore || visit.VisitorLeft || visit.Error != ForwardError.None)
                    return;
                continue; // Meant for the attempt before this one, which was not reading.
            }

            connection.ArmSend(Wait.UpstreamReads, options.Stall);
            visit.BodyIsTouched |= !result.Buffer.IsEmpty;
            visit.BytesIn += result.Buffer.Length;
            if (visit.BytesIn > limits.MaxRequestBytes)
                throw new ForwardException(ForwardError.RequestTooLarge);
            await SendAsync(visit, connection.Stream, result.Buffer, chunked);
            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted || (!chunked && visit.BytesIn == visit.Request.Headers.ContentLength))
                break;
        }

        visit.BodyIsRead = true;
        if (chunked)
            await SendEndAsync(visit, connection.Stream);
    }

    private static async ValueTask SendAsync(Visit visit, LinkStream stream, ReadOnlySequence<byte> body, bool chunked)
    {
        while (!body.IsEmpty)
        {
            var piece = body.Slice(0, Math.Min(body.Length, LinkStream.BulkPayload));
            var count = (int)piece.Length;
            var array = ArrayPool<byte>.Shared.Rent(Front + count + 2);
            try
            {
                piece.CopyTo(array.AsSpan(Front));
                visit.Watcher?.RequestBody(array.AsSpan(Front, count));
                await stream.SendAsync(
                    chunked ? Chunk(array, count) : array.AsMemory(Front - LinkStream.HeaderLength, LinkStream.HeaderLength + count));
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(array);
            }

            visit.Route!.Meter.AddBytesIn(count);
            if (visit.Route.Limits.Bandwidth is { } bandwidth)
                await bandwidth.SpendAsync(count, CancellationToken.None);
            body = body.Slice(count);
        }
    }

    // Puts the size before the data and a line end behind it; returns the record with its room.
    private static Memory<byte> Chunk(byte[] array, int count)
    {
        Span<byte> size = stackalloc byte[8];
        Utf8Formatter.TryFormat(count, size, out var digits, 'x');
        var start = Front - 2 - digits;
        size[..digits].CopyTo(array.AsSpan(start));
        "\r\n"u8.CopyTo(array.AsSpan(Front - 2));
        "\r\n"u8.CopyTo(array.AsSpan(Front + count));
        return array.AsMemory(start - LinkStream.HeaderLength, LinkStream.HeaderLength + digits + 2 + count + 2);
    }

    // The last chunk and the visitor's trailers (RFC 9112 section 7.1.2).
    private static async ValueTask SendEndAsync(Visit visit, LinkStream stream)
    {
        var end = new RecordBuffer();
        end.Start();
        end.Write("0\r\n"u8);
        if (visit.Features.Get<IHttpRequestTrailersFeature>() is { Available: true } trailers)
        {
            foreach (var (name, values) in trailers.Trailers)
            {
                if (!HeaderRoles.MayBeTrailer(name))
                    continue;
                for (var i = 0; i < values.Count; i++)
                    RequestHead.WriteField(end, name, values[i] ?? "", check: true);
            }
        }

        end.Write("\r\n"u8);
        try
        {
            await stream.SendAsync(end.Record);
        }
        finally
        {
            end.Release();
        }
    }
}
