using System.Net;
using System.Net.Sockets;
using Adit.Link;

namespace Adit.Testing;

/// <summary>The two ends of one stream over a real loopback connection.</summary>
public sealed record LinkStreamPair(LinkStream Opener, LinkStream Acceptor) : IAsyncDisposable
{
    /// <summary>Makes a connected pair.</summary>
    public static async Task<LinkStreamPair> OpenAsync(OpenRequest? request = null)
    {
        var (one, other) = await ConnectedSocketsAsync();
        return await LinkStreams.OpenPairAsync(
            new SocketWire(one), new SocketWire(other), request ?? new OpenRequest { Target = "tcp:127.0.0.1:1" }, TimeProvider.System);
    }

    /// <summary>Two sockets connected to each other over 127.0.0.1, without delay.</summary>
    public static async Task<(Socket One, Socket Other)> ConnectedSocketsAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var one = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        var accept = listener.AcceptAsync();
        await one.ConnectAsync(listener.LocalEndPoint!);
        var other = await accept;
        other.NoDelay = true;
        return (one, other);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        Opener.Reset(ResetCode.Cancelled, "The test is over.");
        Acceptor.Reset(ResetCode.Cancelled, "The test is over.");
        await Opener.DisposeAsync();
        await Acceptor.DisposeAsync();
    }
}

/// <summary>Makes streams without a hub or client around them.</summary>
public static class LinkStreams
{
    /// <summary>Makes one data connection of two connected wires and opens a stream on it. For tests of what lies above.</summary>
    public static async Task<LinkStreamPair> OpenPairAsync(Wire openerWire, Wire acceptorWire, OpenRequest request, TimeProvider time)
    {
        var accepted = new TaskCompletionSource<LinkStream>(TaskCreationOptions.RunContinuationsAsynchronously);
        var acceptor = new DataConnection(acceptorWire, time);
        _ = acceptor.AcceptAsync(stream =>
        {
            accepted.TrySetResult(stream);
            return Task.CompletedTask;
        });
        var opener = new DataConnection(openerWire, time);
        opener.StartOpening(static _ => { });
        var opened = await opener.TryOpenAsync(request, DataConnection.OpenRecord(request)) ?? throw new InvalidOperationException("A new connection is idle.");
        return new LinkStreamPair(opened, await accepted.Task);
    }
}
