using Adit.Hub.Edge.Forwarding;
using Adit.Link;

namespace Adit.Hub.Edge;

/// <summary>Which HTTP an upstream speaks.</summary>
internal enum UpstreamProtocol
{
    /// <summary>HTTP/1.1 in clear on the stream (the client does TLS to the target where the target wants it).</summary>
    Http1,

    /// <summary>HTTP/2 with prior knowledge on the stream (h2c; gRPC).</summary>
    Http2,
}

/// <summary>
/// Where a route leads: one or more clients that can open streams to the target. Chooses among them and pools
/// idle HTTP/1.1 connections. Live: the set of clients changes under it.
/// </summary>
internal abstract class Upstream
{
    private HttpMessageInvoker? _http2;

    /// <summary>Which HTTP it speaks.</summary>
    public abstract UpstreamProtocol Protocol { get; }

    /// <summary>Whether any client could be asked now.</summary>
    public abstract bool IsUp { get; }

    /// <summary>The authority for <c>Host</c> when the route rewrites it to the upstream's own (<c>127.0.0.1:8888</c>).</summary>
    public abstract string Authority { get; }

    /// <summary>
    /// Opens a stream on the least busy client, trying the next one when a client refuses before any byte was sent.
    /// </summary>
    /// <param name="from">The visitor's address, for the client's log.</param>
    /// <param name="cancellationToken">Gives up the wait for a connection.</param>
    /// <exception cref="LinkStreamException">No client could open it; the code says why.</exception>
    public abstract ValueTask<LinkStream> OpenAsync(string? from, CancellationToken cancellationToken);

    /// <summary>The idle HTTP/1.1 connections.</summary>
    internal UpstreamPool Idle { get; } = new();

    /// <summary>The upstream is gone for good: closes its idle connections. What is under way goes on.</summary>
    public void Close()
    {
        Idle.Close();
        lock (Idle)
        {
            _http2?.Dispose();
            _http2 = null;
        }
    }

    /// <summary>The handler for an upstream that speaks HTTP/2, made when it is needed first.</summary>
    internal HttpMessageInvoker Http2Invoker(ForwarderOptions options)
    {
        lock (Idle)
        {
            return _http2 ??= Http2Forwarder.CreateInvoker(this, options);
        }
    }
}
