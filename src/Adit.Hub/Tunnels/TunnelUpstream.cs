using Adit.Api;
using Adit.Hub.Edge;
using Adit.Link;

namespace Adit.Hub.Tunnels;

/// <summary>One client that serves a tunnel now.</summary>
internal sealed record TunnelServing(HubLink Link, TunnelTarget Target, string TargetText, DateTimeOffset Since);

/// <summary>
/// The clients that serve one tunnel: new streams go to the one with the fewest, and past one that just failed while another is there.
/// </summary>
internal sealed class TunnelUpstream(string name, TunnelTarget target, TimeProvider time) : Upstream
{
    private static readonly TimeSpan Shunned = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private volatile Server[] _servers = [];
    private volatile TunnelOptions? _options;

    public override UpstreamProtocol Protocol { get; } = target.Protocol;

    public override string Authority { get; } = target.Authority;

    public override bool IsUp => _servers.Length > 0;

    /// <summary>Who serves now.</summary>
    public IReadOnlyList<TunnelServing> Servers => [.. _servers.Select(s => s.Serving)];

    /// <summary>How connections to the target are made from now on.</summary>
    public void Configure(TunnelOptions? options) => _options = options;

    /// <summary>Adds a client, in place of an older entry of the same link. Returns whether it is the first.</summary>
    public bool Add(TunnelServing serving)
    {
        lock (_lock)
        {
            var others = _servers.Where(s => s.Serving.Link != serving.Link).ToArray();
            _servers = [.. others, new Server(serving)];
            return _servers.Length == 1;
        }
    }

    /// <summary>Removes a link's entry. Returns whether it was there and the last.</summary>
    public bool Remove(HubLink link)
    {
        lock (_lock)
        {
            var rest = _servers.Where(s => s.Serving.Link != link).ToArray();
            var wasLast = rest.Length == 0 && _servers.Length > 0;
            _servers = rest;
            return wasLast;
        }
    }

    public override async ValueTask<LinkStream> OpenAsync(string? from, CancellationToken cancellationToken)
    {
        var servers = _servers;
        if (servers.Length == 0)
            throw new LinkStreamException(ResetCode.Unreachable, $"{name} is offline: no client serves it.");
        if (servers.Length == 1)
            return await servers[0].Serving.Link.OpenAsync(servers[0].Serving.Target.Request(from, _options), cancellationToken);

        LinkStreamException? failure = null;
        foreach (var server in servers.OrderBy(IsShunned).ThenBy(s => s.Serving.Link.OpenStreams))
        {
            try
            {
                var stream = await server.Serving.Link.OpenAsync(server.Serving.Target.Request(from, _options), cancellationToken);
                await OpenedAsync(stream, cancellationToken);
                server.Failed = 0;
                return stream;
            }
            catch (LinkStreamException e) when (!cancellationToken.IsCancellationRequested)
            {
                server.Failed = time.GetTimestamp();
                failure = e; // Nothing was sent yet: the next one may be asked.
            }
        }

        throw failure!;
    }

    /// <summary>
    /// Waits until the client has reached the target. With more than one client it is worth this round trip, while another can still be asked.
    /// </summary>
    /// <exception cref="LinkStreamException">It has not; the stream is disposed.</exception>
    /// <exception cref="OperationCanceledException">It took too long, or nobody waits any more; the stream is disposed.</exception>
    internal static async Task OpenedAsync(LinkStream stream, CancellationToken cancellationToken)
    {
        await using var abort = cancellationToken.UnsafeRegister(
            static s => ((LinkStream)s!).Reset(ResetCode.Cancelled, "Nobody waits for the stream any more."), stream);
        try
        {
            await stream.WaitOpenedAsync();
        }
        catch (LinkStreamException e) when (cancellationToken.IsCancellationRequested)
        {
            await stream.DisposeAsync();
            throw new OperationCanceledException(e.Message, e, cancellationToken);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private bool IsShunned(Server server) => server.Failed != 0 && time.GetElapsedTime(server.Failed) < Shunned;

    private sealed class Server(TunnelServing serving)
    {
        private long _failed;

        public TunnelServing Serving { get; } = serving;

        public long Failed
        {
            get => Volatile.Read(ref _failed);
            set => Volatile.Write(ref _failed, value);
        }
    }
}
