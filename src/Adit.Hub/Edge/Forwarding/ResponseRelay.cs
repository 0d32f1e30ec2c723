using System.Buffers;
using System.Runtime.CompilerServices;
using Adit.Hub.Edge.Gate;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Adit.Hub.Edge.Forwarding;

/// <summary>Receives a response and hands it to the visitor.</summary>
internal sealed class ResponseRelay(ForwarderOptions options)
{
    /// <summary>
    /// Receives until a final head is complete; it is in <see cref="UpstreamConnection.Head"/> then. Answers 1xx on the way.
    /// </summary>
    /// <returns>What was received behind the head; valid until the next receive.</returns>
    /// <exception cref="ForwardException">The upstream closed before a head was complete.</exception>
    /// <exception cref="BadResponseException">It is not a head.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<Memory<byte>> ReceiveHeadAsync(Visit visit, UpstreamConnection connection)
    {
        var isHead = visit.Request.Method == "HEAD";
        var run = await connection.ReceiveAsync();
        for (var interim = 0; ; interim++)
        {
            if (run.IsEmpty)
                throw new ForwardException(ForwardError.UpstreamClosed);
            var length = connection.Head.Parse(run.Span, isHead);
            run = length > 0 ? run[length..] : await ReceiveRestOfHeadAsync(connection, run, isHead);
            if (connection.Head.Status is >= 200 or 101)
                return run;
            if (interim == 16)
                throw new BadResponseException("it has too many interim heads");
            if (connection.Head.Status == 100)
                visit.Continue?.TrySetResult(true);
            if (run.IsEmpty)
                run = await connection.ReceiveAsync();
        }
    }

    /// <summary>Gives the head to Kestrel.</summary>
    public static void AnswerHead(Visit visit, ResponseHead head)
    {
        var response = visit.Response;
        var headers = response.Headers;
        var transforms = visit.Route!.Transforms;
        response.StatusCode = head.Status;
        if (head.Reason is { Length: > 0 } reason)
            response.ReasonPhrase = reason;
        var connection = ConnectionOf(head);
        var namesFields = connection.Count > 0 && HopByHop.NamesFields(connection);
        var mayTake = namesFields || transforms.RemoveResponseHeaders.Count > 0;
        for (var i = 0; i < head.Count; i++)
        {
            if (head.Role(i) is HeaderRole.HopByHop or HeaderRole.Connection or HeaderRole.ContentLength or HeaderRole.TransferEncoding
                or HeaderRole.Upgrade or HeaderRole.RequestId)
            {
                continue;
            }

            var name = head.Name(i);
            if (mayTake && IsTaken(name, connection, namesFields, transforms))
                continue;
            var value = head.Role(i) == HeaderRole.EndToEnd && visit.Prefix.Length == 0 ? head.Value(i) : ResponseGuard.Passed(visit, head.Role(i), name, head.Value(i));
            if (value is null)
                continue;
            headers[name] = headers.TryGetValue(name, out var before) && before.Count > 0
                ? StringValues.Concat(before, value)
                : new StringValues(value);
        }

        if (head.ContentLength is { } length && head.Framing != BodyFraming.Chunked && head.Status is not (204 or 101))
            headers.ContentLength = length;
        headers["X-Request-Id"] = visit.Id;
        foreach (var (name, value) in transforms.SetResponseHeaders)
            headers[name] = value;
        ResponseGuard.Complete(visit);
    }

    /// <summary>Moves the body.</summary>
    /// <returns>Whether the upstream's connection ended the exchange in order and can carry another.</returns>
    /// <exception cref="BadResponseException">Its framing is broken.</exception>
    /// <exception cref="ForwardException">It broke off, or the visitor went away.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> RelayBodyAsync(Visit visit, UpstreamConnection connection, Memory<byte> run)
    {
        var head = connection.Head;
        switch (head.Framing)
        {
            case BodyFraming.None:
                return run.IsEmpty && head.KeepAlive;
            case BodyFraming.Length:
                return await RelaySizedAsync(visit, connection, run, head.ContentLength!.Value) && head.KeepAlive;
            case BodyFraming.Chunked:
                return await RelayChunkedAsync(visit, connection, run) && head.KeepAlive;
            default:
                await RelayUntilCloseAsync(visit, connection, run);
                return false;
        }
    }

    private static async ValueTask<Memory<byte>> ReceiveRestOfHeadAsync(UpstreamConnection connection, Memory<byte> run, bool isHead)
    {
        var array = ArrayPool<byte>.Shared.Rent(Math.Max(16 * 1024, run.Length));
        var count = 0;
        try
        {
            while (true)
            {
                if (count + run.Length > ResponseHead.MaxLength)
                    throw new BadResponseException("its head is longer than 64 KB");
                if (count + run.Length > array.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(ResponseHead.MaxLength);
                    array.AsSpan(0, count).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(array);
                    array = larger;
                }

                run.Span.CopyTo(array.AsSpan(count));
                count += run.Length;

                // The head ends with a line, so only a run with a line end can complete it.
                if (run.Span.Contains((byte)'\n') && connection.Head.Parse(array.AsSpan(0, count), isHead) is > 0 and var length)
                    return run[^(count - length)..];
                run = await connection.ReceiveAsync();
                if (run.IsEmpty)
                    throw new ForwardException(ForwardError.UpstreamClosed, "It closed in the middle of its answer's head.");
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> RelaySizedAsync(Visit visit, UpstreamConnection connection, Memory<byte> run, long length)
    {
        await visit.ResponseBody.StartAsync();
        for (var pieces = 1; ; pieces++)
        {
            var piece = (int)Math.Min(run.Length, length);
            if (piece > 0)
                Write(visit, run.Span[..piece]);
            length -= piece;
            // An answer of one piece leaves with the end of the exchange: head and body in one call to the kernel. Kestrel counts as unsent
            // only what it wrote itself (the head), so any further piece must be flushed from here.
            if (length > 0 || pieces > 1)
                await FlushAsync(visit, connection, piece);
            if (length == 0)
                return run.Length == piece;
            run = await ReceiveAsync(connection);
            if (run.IsEmpty)
                throw BrokenOff();
        }
    }

    // An HTTP/1.1 visitor gets chunks from here and not from Kestrel, which knows no trailers in HTTP/1.1.
    private async ValueTask<bool> RelayChunkedAsync(Visit visit, UpstreamConnection connection, Memory<byte> run)
    {
        var ownChunks = visit.IsHttp11;
        if (ownChunks)
            visit.Response.Headers.TransferEncoding = "chunked";
        await visit.ResponseBody.StartAsync();
        var chunks = connection.Chunks;
        chunks.Start();
        var hasFlushed = false;
        while (true)
        {
            var received = run.Length;
            while (chunks.Read(ref run) is { IsEmpty: false } data)
            {
                if (ownChunks)
                    OutgoingChunks.WriteSize(visit.ResponseBody.Writer, data.Length);
                Write(visit, data.Span);
                if (ownChunks)
                    visit.ResponseBody.Writer.Write("\r\n"u8);
            }

            if (chunks.IsDone)
                break;
            await FlushAsync(visit, connection, received);
            hasFlushed = true;
            run = await ReceiveAsync(connection);
            if (run.IsEmpty)
                throw BrokenOff();
        }

        if (ownChunks)
            OutgoingChunks.WriteEnd(visit.ResponseBody.Writer, chunks.Trailers);
        else
            AnswerTrailers(visit, chunks.Trailers);
        var reusable = run.IsEmpty;
        if (hasFlushed)
            await FlushAsync(visit, connection, 0);
        return reusable;
    }

    private async ValueTask RelayUntilCloseAsync(Visit visit, UpstreamConnection connection, Memory<byte> run)
    {
        await visit.ResponseBody.StartAsync();
        while (true)
        {
            Write(visit, run.Span);
            await FlushAsync(visit, connection, run.Length);
            run = await ReceiveAsync(connection);
            if (run.IsEmpty)
                return;
        }
    }

    private static void AnswerTrailers(Visit visit, IReadOnlyList<KeyValuePair<string, string>> trailers)
    {
        if (trailers.Count == 0 || visit.Features.Get<IHttpResponseTrailersFeature>() is not { } feature)
            return;
        foreach (var (name, value) in trailers)
        {
            if (HeaderRoles.MayBeTrailer(name))
                feature.Trailers.Append(name, value);
        }
    }

    private static void Write(Visit visit, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        visit.ResponseBody.Writer.Write(bytes);
        visit.Watcher?.ResponseBody(bytes);
        visit.BytesOut += bytes.Length;
        visit.Route!.Meter.AddBytesOut(bytes.Length);
    }

    private ValueTask<Memory<byte>> ReceiveAsync(UpstreamConnection connection)
    {
        connection.ArmReceive(Wait.ResponseBody, options.ResponseBodyIdle);
        return connection.ReceiveAsync();
    }

    // Each run goes out as it came: an event stream must not wait for the next event.
    private ValueTask FlushAsync(Visit visit, UpstreamConnection connection, int bytes)
    {
        var flush = visit.ResponseBody.Writer.FlushAsync();
        if (flush.IsCompletedSuccessfully && visit.Route!.Limits.Bandwidth is null)
        {
            if (flush.Result.IsCompleted)
                throw new ForwardException(ForwardError.VisitorLeft);
            return default;
        }

        return WaitForFlushAsync(visit, connection, flush, bytes);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitForFlushAsync(
        Visit visit, UpstreamConnection connection, ValueTask<System.IO.Pipelines.FlushResult> flush, int bytes)
    {
        connection.ArmReceive(Wait.VisitorReads, options.Stall);
        if ((await flush).IsCompleted)
            throw new ForwardException(ForwardError.VisitorLeft);
        if (visit.Route!.Limits.Bandwidth is { } bandwidth)
            await bandwidth.SpendAsync(bytes, CancellationToken.None);
    }

    private static StringValues ConnectionOf(ResponseHead head)
    {
        var values = StringValues.Empty;
        for (var i = 0; i < head.Count; i++)
        {
            if (head.Role(i) == HeaderRole.Connection)
                values = StringValues.Concat(values, head.Value(i));
        }

        return values;
    }

    private static bool IsTaken(string name, StringValues connection, bool namesFields, RouteTransforms transforms)
    {
        if (namesFields && HopByHop.AnyLists(connection, name))
            return true;
        foreach (var removed in transforms.RemoveResponseHeaders)
        {
            if (removed.Equals(name, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    private static ForwardException BrokenOff() => new(ForwardError.UpstreamClosed, "It closed in the middle of its answer.");
}
