using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Adit.Link.Tests.Client;

namespace Adit.Link.Tests.Wires;

/// <summary>TLS as data connections carry it: whole, in order, in few calls, and waiting for nothing that is not announced.</summary>
public sealed class TlsStreamTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private static readonly SslStreamCertificateContext Certificate = TestAuthority.SelfSigned("localhost");

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Writes_of_any_size_arrive_whole_and_in_order(SslProtocols protocol)
    {
        await using var pair = await Pair.ConnectAsync(protocol);
        int[] sizes = [1, 4, 4096, 16_383, 16_384, 16_385, 65_280, 65_536, 100_000, 5, 300_000, 32_768, 1];
        var sent = new byte[sizes.Sum()];
        new Random(1).NextBytes(sent);
        var writing = WriteAsync();
        var received = new byte[sent.Length];
        var buffer = new byte[50_000];
        for (var at = 0; at < received.Length;)
        {
            await pair.Server.ReadAsync(Memory<byte>.Empty).AsTask().WaitAsync(Deadline);
            var count = await pair.Server.ReadAsync(buffer).AsTask().WaitAsync(Deadline);
            Assert.NotEqual(0, count);
            buffer.AsSpan(0, count).CopyTo(received.AsSpan(at));
            at += count;
        }

        await writing.WaitAsync(Deadline);
        Assert.True(sent.AsSpan().SequenceEqual(received));

        async Task WriteAsync()
        {
            var at = 0;
            foreach (var size in sizes)
            {
                await pair.Client.WriteAsync(sent.AsMemory(at, size));
                at += size;
            }
        }
    }

    [Fact]
    public async Task A_write_of_many_frames_is_one_call_and_all_that_arrived_is_one_read()
    {
        await using var pair = await Pair.ConnectAsync(SslProtocols.Tls13);
        await pair.Client.WriteAsync(new byte[16_000]); // From the first bulk frame on.
        Assert.Equal(16_000, await ReadAllAsync(pair.Server, 16_000));
        var before = pair.ClientTransport.Writes;
        await pair.Client.WriteAsync(new byte[60_000]);
        Assert.Equal(before + 1, pair.ClientTransport.Writes);
        while (pair.ServerSocket.Available < 60_000)
            await Task.Yield();
        Assert.Equal(60_000, await pair.Server.ReadAsync(new byte[64 * 1024]).AsTask().WaitAsync(Deadline));
    }

    [Fact]
    public async Task What_has_arrived_is_given_although_a_frame_after_it_is_still_on_its_way()
    {
        await using var pair = await Pair.ConnectAsync(SslProtocols.Tls13);
        pair.ClientTransport.HoldBack = 100;
        await pair.Client.WriteAsync(new byte[40_000]); // Three frames, of which the last lacks its end.
        Assert.Equal(32_768, await ReadAllAsync(pair.Server, 32_768));
        await pair.ClientTransport.LetGoAsync();
        Assert.Equal(40_000 - 32_768, await ReadAllAsync(pair.Server, 40_000 - 32_768));
    }

    [Fact]
    public async Task The_end_of_the_other_side_is_seen_after_its_last_bytes()
    {
        await using var pair = await Pair.ConnectAsync(SslProtocols.Tls13);
        await pair.Client.WriteAsync(new byte[70_000]);
        await pair.Client.ShutdownAsync();
        Assert.Equal(70_000, await ReadAllAsync(pair.Server, 70_000));
        Assert.Equal(0, await pair.Server.ReadAsync(new byte[10]).AsTask().WaitAsync(Deadline));
    }

    [Fact]
    public async Task Half_a_frame_holds_little_until_the_peer_has_sent_bulk()
    {
        await using var pair = await Pair.ConnectAsync(SslProtocols.Tls13);
        pair.ClientTransport.HoldBack = 5000;
        await pair.Client.WriteAsync(new byte[16_000]); // Its beginning; the rest stays away.
        var reading = pair.Server.ReadAsync(new byte[64 * 1024]).AsTask();
        await Adit.Testing.Eventually.HoldsAsync(() => pair.ServerSocket.Available == 0 && pair.ServerTransport.Waiting > 0, "the half to be read");
        Assert.InRange(pair.ServerTransport.Waiting, 1, 4096);

        await pair.ClientTransport.LetGoAsync();
        Assert.Equal(16_000, await reading.WaitAsync(Deadline));
        await pair.Client.WriteAsync(new byte[60_000]);
        Assert.Equal(60_000, await ReadAllAsync(pair.Server, 60_000));
        Assert.InRange(pair.ServerTransport.Waiting, 16 * 1024, 64 * 1024);
    }

    [Fact]
    public void Bulk_with_its_header_its_chunk_and_its_frames_fits_a_pooled_array() =>
        Assert.InRange(TlsFrames.SizeOf(LinkStream.HeaderLength + LinkStream.BulkPayload + 16), LinkStream.BulkPayload, 64 * 1024);

    private static async Task<int> ReadAllAsync(TlsStream stream, int wanted)
    {
        var buffer = new byte[64 * 1024];
        var total = 0;
        while (total < wanted)
        {
            var count = await stream.ReadAsync(buffer).AsTask().WaitAsync(Deadline);
            Assert.NotEqual(0, count);
            total += count;
        }

        return total;
    }

    private sealed class Pair : IAsyncDisposable
    {
        private Pair(Socket client, Socket server)
        {
            ServerSocket = server;
            ClientTransport = new CountingStream(client);
            Client = new TlsStream(ClientTransport);
            ServerTransport = new CountingStream(server);
            Server = new TlsStream(ServerTransport);
        }

        public TlsStream Client { get; }

        public TlsStream Server { get; }

        public Socket ServerSocket { get; }

        public CountingStream ClientTransport { get; }

        public CountingStream ServerTransport { get; }

        public static async Task<Pair> ConnectAsync(SslProtocols protocol)
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(listener.LocalEndpoint);
            var pair = new Pair(socket, await listener.AcceptSocketAsync());
            var serving = pair.Server.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = Certificate,
                EnabledSslProtocols = protocol,
            });
            await pair.Client.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                RemoteCertificateValidationCallback =
                    (_, certificate, _, _) => certificate?.GetCertHashString() == Certificate.TargetCertificate.GetCertHashString(),
            }).WaitAsync(Deadline);
            await serving.WaitAsync(Deadline);
            return pair;
        }

        public async ValueTask DisposeAsync()
        {
            await Client.DisposeAsync();
            await Server.DisposeAsync();
        }
    }

    /// <summary>Counts writes, and keeps the end of them back when told.</summary>
    private sealed class CountingStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
    {
        private byte[] _kept = [];

        public int Writes { get; private set; }

        public int HoldBack { get; set; }

        /// <summary>The size of the last buffer that was held ready to receive into.</summary>
        public int Waiting { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Waiting = buffer.Length;
            return base.ReadAsync(buffer, cancellationToken);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Writes++;
            if (HoldBack == 0)
                return base.WriteAsync(buffer, cancellationToken);
            _kept = buffer[^HoldBack..].ToArray();
            return base.WriteAsync(buffer[..^HoldBack], cancellationToken);
        }

        public Task LetGoAsync()
        {
            HoldBack = 0;
            return WriteAsync(_kept).AsTask();
        }
    }
}
