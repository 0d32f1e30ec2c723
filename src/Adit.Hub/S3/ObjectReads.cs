using System.Buffers;
using System.Globalization;
using System.Threading.Channels;
using Adit.Content;
using Adit.Content.Trees;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Adit.Hub.S3;

/// <summary>GetObject and HeadObject. What is read from the disk is checked; the next part is read while one is sent.</summary>
internal sealed class ObjectReads(S3Volumes volumes, S3Meter meter)
{
    private const int Batch = 1 << 20;
    private const int Ahead = 2;

    private static readonly string[] Overrides = ["cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires"];

    public async Task AnswerAsync(S3Call call)
    {
        volumes.CheckRead(call.Caller, call.Bucket);
        if (call.Target.Has("partNumber"))
            throw S3Refusal.NotImplemented("Reading one part of an object by its number");
        if (await volumes.FindAsync(call.Bucket, call.Key, call.Target.Find("versionId"), call.Aborted) is not { } found)
            throw S3Refusal.NoSuchKey();
        var response = call.Response;
        var entry = found.Item.Entry ?? found.Item.Directory!.Self with { Type = EntryType.File, Size = 0, Form = FileForm.Inline };
        ObjectAttributes.Write(response, entry);
        if (found.Item.Directory is not null)
            response.ContentType = "application/x-directory";
        foreach (var name in Overrides)
        {
            if (call.Target.Find("response-" + name) is { } value && value.All(static c => c is >= ' ' and < (char)127))
                response.Headers[name] = value;
        }

        switch (Conditions.ForRead(call.Request.Headers, "", entry))
        {
            case StatusCodes.Status304NotModified:
                response.StatusCode = StatusCodes.Status304NotModified;
                return;
            case StatusCodes.Status412PreconditionFailed:
                throw S3Refusal.PreconditionFailed();
        }

        var (from, length) = RangeOf(call, entry);
        response.ContentLength = length;
        if (!HttpMethods.IsGet(call.Request.Method) || length == 0)
            return;
        if (entry.Form == FileForm.Inline)
            await response.Body.WriteAsync(entry.Inline.AsMemory((int)from, (int)length), call.Aborted);
        else
            await SendAsync(call, found.Content, entry, from, length);
        meter.Sent(length);
    }

    private static (long From, long Length) RangeOf(S3Call call, TreeEntry entry)
    {
        // Several ranges at once are not answered as such: RFC 9110 14.2 lets a server send all of it.
        if (call.Header("range") is not { } range || !range.StartsWith("bytes=", StringComparison.Ordinal) || range.Contains(',', StringComparison.Ordinal))
            return (0, entry.Size);
        if (call.Header("if-range") is { } validator && validator != ObjectAttributes.ETagOf(entry))
            return (0, entry.Size);
        var dash = range.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0)
            return (0, entry.Size);
        var first = range.AsSpan(6, dash - 6);
        var last = range.AsSpan(dash + 1);
        long from = 0, to = entry.Size - 1;
        var isRange = first.IsEmpty
            ? long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var suffix) && (from = Math.Max(0, entry.Size - suffix)) >= 0
            : long.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out from) && (last.IsEmpty || (long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out to) && from <= to));
        if (!isRange)
            return (0, entry.Size);
        if (from >= entry.Size)
        {
            call.Response.Headers.ContentRange = $"bytes */{entry.Size}";
            throw new S3Refusal(416, "InvalidRange", $"The object has {entry.Size} bytes, and the range begins after them.");
        }

        to = Math.Min(to, entry.Size - 1);
        call.Response.StatusCode = StatusCodes.Status206PartialContent;
        call.Response.Headers.ContentRange = $"bytes {from}-{to}/{entry.Size}";
        return (from, to - from + 1);
    }

    private static async Task SendAsync(S3Call call, ContentStore content, TreeEntry entry, long from, long length)
    {
        call.Http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        if (length <= Batch)
        {
            await foreach (var (buffer, count) in PiecesAsync(content, entry, from, length, call.Aborted))
            {
                await call.Response.Body.WriteAsync(buffer.AsMemory(0, count), call.Aborted);
                ArrayPool<byte>.Shared.Return(buffer);
            }

            return;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(call.Aborted);
        var pieces = Channel.CreateBounded<(byte[] Buffer, int Count)>(new BoundedChannelOptions(Ahead) { SingleReader = true, SingleWriter = true });
        var reading = Task.Run(() => ReadAsync(content, entry, from, length, pieces.Writer, stop.Token), CancellationToken.None);
        try
        {
            await foreach (var (buffer, count) in pieces.Reader.ReadAllAsync(call.Aborted))
            {
                await call.Response.Body.WriteAsync(buffer.AsMemory(0, count), call.Aborted);
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await reading;
        }
    }

    private static async Task ReadAsync(ContentStore content, TreeEntry entry, long from, long length, ChannelWriter<(byte[] Buffer, int Count)> pieces, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var piece in PiecesAsync(content, entry, from, length, cancellationToken))
                await pieces.WriteAsync(piece, cancellationToken);
            pieces.Complete();
        }
        catch (Exception e)
        {
            pieces.Complete(e); // The answer has begun: it is cut off.
        }
    }

    // Pieces of some chunks each, in buffers that the reader gives back.
    public static async IAsyncEnumerable<(byte[] Buffer, int Count)> PiecesAsync(
        ContentStore content, TreeEntry entry, long from, long length, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var piece = new Piece(content, from, from + length);
        await foreach (var part in new TreeReader(content).PartsAsync(entry, cancellationToken))
        {
            if (part.Offset + part.Length <= from)
                continue;
            if (part.Offset >= from + length)
                break;
            for (var at = Math.Max(part.Offset, from); part.IsHole && at < Math.Min(part.Offset + part.Length, from + length);)
            {
                if (piece.Bytes > 0)
                    yield return await piece.ReadAsync(cancellationToken);
                var zeros = (int)Math.Min(Batch, Math.Min(part.Offset + part.Length, from + length) - at);
                var buffer = ArrayPool<byte>.Shared.Rent(zeros);
                buffer.AsSpan(0, zeros).Clear();
                at += zeros;
                yield return (buffer, zeros);
            }

            if (part.IsHole)
                continue;
            piece.Add(part);
            if (piece.Bytes >= Batch)
                yield return await piece.ReadAsync(cancellationToken);
        }

        if (piece.Bytes > 0)
            yield return await piece.ReadAsync(cancellationToken);
    }

    /// <summary>Chunks that are read together.</summary>
    private sealed class Piece(ContentStore content, long from, long to)
    {
        private readonly List<FilePart> _parts = [];

        public int Bytes { get; private set; }

        public void Add(FilePart part)
        {
            _parts.Add(part);
            Bytes += (int)(Math.Min(part.Offset + part.Length, to) - Math.Max(part.Offset, from));
        }

        public async ValueTask<(byte[] Buffer, int Count)> ReadAsync(CancellationToken cancellationToken)
        {
            var (buffer, count) = (ArrayPool<byte>.Shared.Rent(Bytes), 0);
            await content.ReadAsync(
                _parts.Select(static p => p.Id).ToArray(),
                (i, chunk) =>
                {
                    var part = _parts[i];
                    if (chunk.Length != part.Length)
                        throw new DamagedContentException($"The chunk {part.Id} has another length than its list says.");
                    var wanted = chunk[(int)Math.Max(0, from - part.Offset)..(int)Math.Min(chunk.Length, to - part.Offset)];
                    wanted.CopyTo(buffer.AsSpan(count));
                    count += wanted.Length;
                },
                cancellationToken);
            _parts.Clear();
            Bytes = 0;
            return (buffer, count);
        }
    }
}
