using System.Net;
using System.Net.Sockets;
using Adit.Faults.Stage;

namespace Adit.Faults.Volumes;

/// <summary>A network that cuts connections at any byte: a push and a pull go on with what is left.</summary>
public sealed class CutTests
{
    private const int Cuts = 12;

    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Theory(Timeout = 120_000)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_push_and_a_pull_over_a_network_that_cuts_end_right_and_send_little_twice(int seed)
    {
        await using var volumes = await VolumeHub.StartAsync();
        var directory = volumes.Directory(new Random(seed), 40, 800_000);
        var whole = Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Sum(static f => new FileInfo(f).Length);
        await using var pushing = new CuttingProxy(volumes.Hub.Port, new Random(seed), Cuts);
        var pushed = await volumes.PushAsync(directory, through: pushing.Url);
        Assert.Empty((await volumes.CheckAsync()).Findings);
        Assert.True(pushing.Cut > 2, $"There were {pushing.Cut} cuts.");
        Assert.InRange(pushing.Bytes, 1, 2 * whole);

        await using var pulling = new CuttingProxy(volumes.Hub.Port, new Random(seed + 10), Cuts);
        var pulled = await volumes.PullAsync(pushed.Created.Snapshot.Id, through: pulling.Url);
        Assert.Equal(VolumeHub.Content(directory), VolumeHub.Content(pulled));
        Assert.True(pulling.Cut > 2, $"There were {pulling.Cut} cuts.");
        Assert.InRange(pulling.Bytes, 1, 2 * whole);
    }

    /// <summary>Carries connections to a port and cuts the first of them, each after so many bytes.</summary>
    private sealed class CuttingProxy : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _end = new();
        private readonly Random _random;
        private readonly int _port;
        private readonly Task _accepting;
        private int _left;
        private long _bytes;

        public CuttingProxy(int port, Random random, int cuts)
        {
            (_port, _random, _left) = (port, random, cuts);
            _listener.Start();
            Url = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
            _accepting = AcceptAsync();
        }

        public Uri Url { get; }

        public int Cut { get; private set; }

        public long Bytes => Volatile.Read(ref _bytes);

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync();
            _listener.Dispose();
            await _accepting;
            _end.Dispose();
        }

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    var from = await _listener.AcceptTcpClientAsync(_end.Token);
                    var most = _left-- > 0 ? _random.Next(1, 4_000_000) : long.MaxValue;
                    _ = CarryAsync(from, most);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private async Task CarryAsync(TcpClient from, long most)
        {
            using var client = from;
            using var hub = new TcpClient();
            using var cut = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
            try
            {
                await hub.ConnectAsync(IPAddress.Loopback, _port, cut.Token);
                var room = new long[] { most };
                await Task.WhenAny(CopyAsync(client.GetStream(), hub.GetStream(), room, cut.Token), CopyAsync(hub.GetStream(), client.GetStream(), room, cut.Token));
                if (Volatile.Read(ref room[0]) <= 0)
                    Cut++;
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                // The other side has gone.
            }

            await cut.CancelAsync();
        }

        private async Task CopyAsync(NetworkStream from, NetworkStream to, long[] room, CancellationToken cancellationToken)
        {
            var buffer = new byte[16384];
            try
            {
                while (await from.ReadAsync(buffer, cancellationToken) is > 0 and var read)
                {
                    var left = Interlocked.Add(ref room[0], -read);
                    Interlocked.Add(ref _bytes, read);
                    var count = left < 0 ? Math.Max(0, read + (int)Math.Max(left, -read)) : read;
                    await to.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
                    if (left <= 0)
                        return;
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
            {
                // The other side has gone.
            }
        }
    }
}
