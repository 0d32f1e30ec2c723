using System.Buffers;
using System.Net;
using System.Runtime.InteropServices;
using Adit.Content;
using Adit.Content.Chunks;
using Adit.Link;
using Adit.Runner.Hubs;
using ZstdSharp;

namespace Adit.Runner.Volumes;

/// <summary>
/// The chunks of a project on its hub, for a client: docs/reference/volumes.md. Frames go out several megabytes at a time, a few requests beside each other; what a cut broke off is sent
/// again, and what had arrived before is not, because the hub is asked what is missing.
/// </summary>
/// <param name="api">The hub.</param>
/// <param name="at">The path beneath which they are, asked before each try.</param>
/// <param name="time">The clock, for waits before another try.</param>
public sealed class HubChunks(HubApi api, Func<string> at, TimeProvider time) : IChunkStore
{
    private const int SendAt = 4 << 20;
    private const int MostRequests = 4;
    private const int MostTries = 8;
    private const int MostKept = 4096;
    private const long MostKeptBytes = 32 << 20;

    private readonly SemaphoreSlim _requests = new(MostRequests);
    private readonly SemaphoreSlim _gathering = new(1);
    private readonly List<Task> _sending = [];
    private readonly Dictionary<ChunkId, byte[]> _pages = [];
    private ArrayBufferWriter<byte> _gathered = new(SendAt + (1 << 20));
    private long _pageBytes;
    private long _sent;
    private long _received;

    /// <summary>Those of a volume's project, for who may use the volume.</summary>
    public HubChunks(HubApi api, VolumeName volume, TimeProvider time)
        : this(api, () => HubApi.At(volume), time)
    {
    }

    /// <summary>Bytes of frames that the hub has taken.</summary>
    public long SentBytes => Volatile.Read(ref _sent);

    /// <summary>Bytes of files that came from the hub, as they are in the files.</summary>
    public long ReceivedBytes => Volatile.Read(ref _received);

    /// <inheritdoc/>
    public async ValueTask FindMissingAsync(ReadOnlyMemory<ChunkId> ids, Memory<bool> missing, CancellationToken cancellationToken)
    {
        (await TryAsync(attempt => MissingAsync(ids, attempt), cancellationToken)).CopyTo(missing.Span);
    }

    /// <inheritdoc/>
    public async ValueTask AddAsync(Frame frame, CancellationToken cancellationToken)
    {
        await _gathering.WaitAsync(cancellationToken);
        try
        {
            _gathered.Write(frame.Bytes.Span);
            if (_gathered.WrittenCount >= SendAt)
                await StartSendingAsync(cancellationToken);
        }
        finally
        {
            _gathering.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await _gathering.WaitAsync(cancellationToken);
        try
        {
            if (_gathered.WrittenCount > 0)
                await StartSendingAsync(cancellationToken);
            await Task.WhenAll(_sending);
            _sending.Clear();
        }
        finally
        {
            _gathering.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask ReadAsync(ReadOnlyMemory<ChunkId> ids, ChunkReader read, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(read);
        var found = new Dictionary<ChunkId, byte[]>();
        var wanted = new HashSet<ChunkId>();
        foreach (var id in ids.Span)
        {
            if (Page(id) is { } page)
                found[id] = page;
            else
                wanted.Add(id);
        }

        if (wanted.Count > 0)
            await TryAsync(attempt => FetchAsync(wanted, found, attempt), cancellationToken, () => wanted.Count);
        for (var i = 0; i < ids.Length; i++)
            read(i, found[ids.Span[i]]);
    }

    private async Task<bool[]> MissingAsync(ReadOnlyMemory<ChunkId> ids, Attempt attempt)
    {
        using var answer = await api.PostChunksAsync(at(), "missing", MemoryMarshal.AsBytes(ids.Span).ToArray(), attempt.Token);
        var bits = await answer.Content.ReadAsByteArrayAsync(attempt.Token);
        attempt.GoOn();
        if (bits.Length != (ids.Length + 7) / 8)
            throw new HubApiException(HttpStatusCode.OK, null, "The hub answered with another number of chunks than it was asked for; client and hub may be too far apart in version.");
        var missing = new bool[ids.Length];
        for (var i = 0; i < missing.Length; i++)
            missing[i] = (bits[i / 8] >> (i % 8) & 1) != 0;
        return missing;
    }

    // Whoever gathers waits here while as many requests are under way as may be: so much is in memory, and no more.
    private async Task StartSendingAsync(CancellationToken cancellationToken)
    {
        await _requests.WaitAsync(cancellationToken);
        foreach (var sent in _sending.Where(static s => s.IsCompleted).ToList())
        {
            _sending.Remove(sent);
            await sent;
        }

        var body = _gathered;
        _gathered = new ArrayBufferWriter<byte>(SendAt + (1 << 20));
        _sending.Add(SendAsync(body.WrittenMemory, cancellationToken));
    }

    private async Task SendAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        try
        {
            var left = body;
            var isFirst = true;
            await TryAsync(
                async attempt =>
                {
                    // What came before a cut was kept.
                    if (!isFirst)
                        left = await StillMissingAsync(left, attempt);
                    isFirst = false;
                    // Nothing is left when only the answer was lost. It is asked for with an empty body, because it says that all is on the disk.
                    using var answer = await api.PostChunksAsync(at(), "add", left, attempt.Token);
                    return true;
                },
                cancellationToken,
                () => left.Length);
            Interlocked.Add(ref _sent, body.Length);
        }
        finally
        {
            _requests.Release();
        }
    }

    // Of these frames those that have a chunk which the hub does not.
    private async Task<ReadOnlyMemory<byte>> StillMissingAsync(ReadOnlyMemory<byte> frames, Attempt attempt)
    {
        var left = new ArrayBufferWriter<byte>(frames.Length);
        for (var rest = frames; rest.Length > 0;)
        {
            var length = Frame.TotalLength(rest.Span);
            if (length == 0 || !Frame.TryParse(rest[..length], out var frame))
                throw new InvalidOperationException("A frame was to be sent that cannot be read.");
            var ids = new ChunkId[frame.Count];
            for (var i = 0; i < ids.Length; i++)
                ids[i] = frame[i].Id;
            if (Array.Exists(await MissingAsync(ids, attempt), static m => m))
                left.Write(frame.Bytes.Span);
            rest = rest[length..];
        }

        return left.WrittenMemory;
    }

    private async Task<bool> FetchAsync(HashSet<ChunkId> wanted, Dictionary<ChunkId, byte[]> found, Attempt attempt)
    {
        var cancellationToken = attempt.Token;
        // What came before a cut is here and not asked for again.
        wanted.ExceptWith(found.Keys);
        if (wanted.Count == 0)
            return true;
        var body = MemoryMarshal.AsBytes<ChunkId>(wanted.ToArray()).ToArray();
        using var answer = await api.PostChunksAsync(at(), "read", body, cancellationToken);
        await using var stream = await answer.Content.ReadAsStreamAsync(cancellationToken);
        using var decompressor = new Decompressor();
        var bytes = ArrayPool<byte>.Shared.Rent(Frame.MaxTotal);
        var plain = ArrayPool<byte>.Shared.Rent(Frame.MaxPlain);
        var isDamaged = false;
        try
        {
            while (await stream.ReadAtLeastAsync(bytes.AsMemory(0, Frame.FixedHeader), Frame.FixedHeader, throwOnEndOfStream: false, cancellationToken) is > 0 and var read)
            {
                var length = read == Frame.FixedHeader ? Frame.TotalLength(bytes.AsSpan(0, Frame.FixedHeader)) : 0;
                if (length == 0)
                    throw new IOException("The hub's answer is not made of frames, or was broken off.");
                await stream.ReadExactlyAsync(bytes.AsMemory(Frame.FixedHeader, length - Frame.FixedHeader), cancellationToken);
                attempt.GoOn(); // A long answer over a slow line goes on as long as something comes.
                if (!Frame.TryParse(bytes.AsMemory(0, length), out var frame))
                    throw new IOException("The hub's answer has a frame that is none.");
                isDamaged |= !TryDecode(frame, plain, decompressor) || !Take(frame, plain, wanted, found);
            }

            foreach (var id in wanted)
            {
                if (!found.ContainsKey(id))
                    throw isDamaged ? new DamagedContentException($"The chunk {id} came damaged from the hub; 'adit store check --read-data' there says more.") : new MissingContentException(id);
            }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
            ArrayPool<byte>.Shared.Return(plain);
        }
    }

    private static bool TryDecode(Frame frame, byte[] plain, Decompressor decompressor)
    {
        try
        {
            frame.Decode(plain, decompressor);
            return true;
        }
        catch (DamagedContentException)
        {
            return false;
        }
    }

    // What was asked for, and pages that lie in the same frame: the next ones that are asked for, mostly. False when a chunk in it is not right: it may lie in another frame too, since the
    // hub sends a frame for the sake of any chunk in it.
    private bool Take(Frame frame, byte[] plain, HashSet<ChunkId> wanted, Dictionary<ChunkId, byte[]> found)
    {
        var isRight = true;
        for (int i = 0, at = 0; i < frame.Count; i++)
        {
            var chunk = frame[i];
            var bytes = plain.AsSpan(at, chunk.Length);
            at += chunk.Length;
            var isPage = chunk.Kind is ChunkKind.Directory or ChunkKind.List;
            if (!isPage && !wanted.Contains(chunk.Id))
                continue;
            if (ChunkId.Of(bytes) != chunk.Id)
            {
                isRight = false;
                continue;
            }

            var copy = bytes.ToArray();
            if (wanted.Contains(chunk.Id) && found.TryAdd(chunk.Id, copy) && chunk.Kind == ChunkKind.Data)
                Interlocked.Add(ref _received, copy.Length);
            if (isPage)
                Keep(chunk.Id, copy);
        }

        return isRight;
    }

    private byte[]? Page(ChunkId id)
    {
        lock (_pages)
            return _pages.GetValueOrDefault(id);
    }

    private void Keep(ChunkId id, byte[] page)
    {
        lock (_pages)
        {
            if (_pages.Count >= MostKept || _pageBytes >= MostKeptBytes)
            {
                _pages.Clear();
                _pageBytes = 0;
            }

            if (_pages.TryAdd(id, page))
                _pageBytes += page.Length;
        }
    }

    /// <summary>Makes a call, and makes it again when a cut or a hub that restarts broke it off, for about a minute; longer as long as less is left each time.</summary>
    internal async Task<T> TryAsync<T>(Func<Attempt, Task<T>> call, CancellationToken cancellationToken, Func<long>? left = null)
    {
        var least = long.MaxValue;
        for (var tries = 1; ; tries++)
        {
            using var attempt = new Attempt(time, cancellationToken);
            try
            {
                return await call(attempt);
            }
            catch (Exception e) when (tries < MostTries && !cancellationToken.IsCancellationRequested && IsPassing(e))
            {
                if (left?.Invoke() is { } now && now < least)
                    (least, tries) = (now, 1);
                await Task.Delay(TimeSpan.FromSeconds(Math.Min(30, 0.25 * Math.Pow(2, tries))), time, cancellationToken);
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                throw new HttpRequestException("it did not answer in time", e);
            }
        }
    }

    private static bool IsPassing(Exception e) => e switch
    {
        DamagedContentException or MissingContentException => false,
        HubApiException { Code: "session" } => true, // A runner that is just saying hello again.
        HubApiException problem => problem.Status is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout or HttpStatusCode.TooManyRequests,
        HttpRequestException { InnerException: TlsTrustException } => false,
        HttpRequestException or IOException or OperationCanceledException => true,
        _ => false,
    };

    /// <summary>One try of a call: it is given up when nothing has come for five minutes.</summary>
    internal sealed class Attempt : IDisposable
    {
        private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
        private readonly CancellationTokenSource _stop;
        private readonly ITimer _timer;

        public Attempt(TimeProvider time, CancellationToken cancellationToken)
        {
            _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _timer = time.CreateTimer(static stop => ((CancellationTokenSource)stop!).Cancel(), _stop, Patience, Timeout.InfiniteTimeSpan);
        }

        public CancellationToken Token => _stop.Token;

        /// <summary>Something came.</summary>
        public void GoOn() => _timer.Change(Patience, Timeout.InfiniteTimeSpan);

        public void Dispose()
        {
            _timer.Dispose();
            _stop.Dispose();
        }
    }
}
