using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Adit.Faults.Stage;

/// <summary>
/// An application in bytes: each connection is given to a script after its first request head was read, so that a test decides every byte
/// of the answer and sees every byte that came.
/// </summary>
internal sealed class Upstream : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<Call, Task> _script;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<Task, bool> _running = new();
    private readonly Task _accepting;

    public Upstream(Func<Call, Task> script)
    {
        _script = script;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>What all connections brought, in the order of arrival.</summary>
    public ConcurrentQueue<string> Received { get; } = new();

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public string Target => $"127.0.0.1:{Port}";

    /// <summary>Answers each request on each connection with 200 and this text.</summary>
    public static Upstream Saying(string text) => new(async call =>
    {
        do
        {
            await call.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: {text.Length}\r\n\r\n{text}");
        }
        while (await call.NextHeadAsync() is not null);
    });

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await Task.WhenAll([_accepting, .. _running.Keys]).WaitAsync(TimeSpan.FromSeconds(10)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            TcpClient connection;
            try
            {
                connection = await _listener.AcceptTcpClientAsync(_stopping.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }

            var serving = ServeAsync(connection);
            _running[serving] = true;
            _ = serving.ContinueWith(t => _running.TryRemove(t, out _), TaskScheduler.Default);
        }
    }

    private async Task ServeAsync(TcpClient connection)
    {
        using (connection)
        {
            var call = new Call(connection.GetStream(), Received, _stopping.Token);
            try
            {
                if (await call.NextHeadAsync() is not null)
                {
                    await _script(call);
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
            {
                // The other side went away, as is the point of most tests here.
            }
        }
    }

    /// <summary>One connection to the application.</summary>
    internal sealed class Call(NetworkStream stream, ConcurrentQueue<string> received, CancellationToken stopping)
    {
        private string _unread = "";

        /// <summary>The last head read, without its empty line.</summary>
        public string Head { get; private set; } = "";

        public NetworkStream Stream => stream;

        public CancellationToken Stopping => stopping;

        public Task WriteAsync(string text) => stream.WriteAsync(Encoding.Latin1.GetBytes(text), stopping).AsTask();

        public Task WriteAsync(byte[] bytes) => stream.WriteAsync(bytes, stopping).AsTask();

        /// <summary>Reads one more request head; null when the connection ended first. A body must have been read before.</summary>
        public async Task<string?> NextHeadAsync()
        {
            var buffer = new byte[16 * 1024];
            int end;
            while ((end = _unread.IndexOf("\r\n\r\n", StringComparison.Ordinal)) < 0)
            {
                var count = await stream.ReadAsync(buffer, stopping);
                if (count == 0)
                {
                    return null;
                }

                _unread += Encoding.Latin1.GetString(buffer, 0, count);
            }

            Head = _unread[..end];
            _unread = _unread[(end + 4)..];
            received.Enqueue(Head);
            return Head;
        }

        /// <summary>Reads body bytes until the connection ends; returns how many came, and whether it ended in order.</summary>
        public async Task<(long Count, bool InOrder)> DrainAsync()
        {
            var buffer = new byte[64 * 1024];
            long total = _unread.Length;
            try
            {
                while (true)
                {
                    var count = await stream.ReadAsync(buffer, stopping);
                    if (count == 0)
                    {
                        return (total, true);
                    }

                    total += count;
                }
            }
            catch (IOException)
            {
                return (total, false);
            }
        }
    }
}
