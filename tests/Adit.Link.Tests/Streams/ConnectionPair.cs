using System.Text;
using Adit.Testing;

namespace Adit.Link.Streams;

/// <summary>Both ends of one data connection over a real loopback socket; the accepting end serves each stream with one function.</summary>
internal sealed class ConnectionPair : IAsyncDisposable
{
    private static readonly OpenRequest Request = new() { Target = "test" };

    private readonly SemaphoreSlim _idle = new(0);
    private int _accepted;

    private ConnectionPair(DataConnection opener, DataConnection acceptor)
    {
        Opener = opener;
        Acceptor = acceptor;
    }

    public DataConnection Opener { get; }

    public DataConnection Acceptor { get; }

    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>Completes when the connection is idle again or dead.</summary>
    public Task Settled => Task.WhenAny(_idle.WaitAsync(), Opener.Closed);

    public static async Task<ConnectionPair> MakeAsync(Func<LinkStream, Task> serve)
    {
        var (one, other) = await LinkStreamPair.ConnectedSocketsAsync();
        var pair = new ConnectionPair(new DataConnection(new SocketWire(one), TimeProvider.System), new DataConnection(new SocketWire(other), TimeProvider.System));
        _ = pair.Acceptor.AcceptAsync(async stream =>
        {
            Interlocked.Increment(ref pair._accepted);
            try
            {
                await serve(stream);
            }
            catch (LinkStreamException)
            {
                // What the opener did to it is the opener's matter.
            }

            await stream.DisposeAsync();
        });
        pair.Opener.StartOpening(_ => pair._idle.Release());
        pair._idle.Release();
        return pair;
    }

    public async Task<LinkStream> OpenAsync()
    {
        Assert.True(await _idle.WaitAsync(TimeSpan.FromSeconds(20)), "The connection did not become idle.");
        return await Opener.TryOpenAsync(Request, DataConnection.OpenRecord(Request)) ?? throw new InvalidOperationException($"The connection is not idle: {Opener}, the other end {Acceptor}.");
    }

    public async Task<string> AskAsync(string question)
    {
        await using var stream = await OpenAsync();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(question));
        await stream.EndAsync();
        return await LinkStreamTests.ReadAllAsync(stream);
    }

    public ValueTask DisposeAsync()
    {
        Opener.Abort();
        Acceptor.Abort();
        return default;
    }
}
