using System.Net.Security;
using System.Net.Sockets;
using Adit.Hub.Edge.Tls;
using Adit.Hub.Edge.Tls.Acme;
using Adit.Hub.Tests.Edge.Door;
using Adit.Hub.Tests.Edge.Tls.Logs;
using Adit.Link;
using Adit.Testing;

namespace Adit.Hub.Tests.Edge.Tls.Acme;

/// <summary>Against a real authority, which verifies <c>localhost</c> on the real ports: needs the right to bind 80 and 443 on loopback.</summary>
public sealed class AcmeTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private readonly LogLines _log = new();
    private readonly ManualTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private CaddyAuthority _authority = null!;

    public async ValueTask InitializeAsync()
    {
        await Eventually.HoldsAsync(() => IsFree(80) && IsFree(443), "ports 80 and 443 of 127.0.0.1 can be bound (run as root, with nothing listening there)");
        _authority = await CaddyAuthority.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_authority is not null)
            await _authority.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("http-01")]
    [InlineData("tls-alpn-01")]
    public async Task A_certificate_is_got_served_stored_and_renewed(string challenge)
    {
        await using var door = await DoorFixture.StartAsync(plainPort: 80, tlsPort: 443);
        using var stopping = new CancellationTokenSource();
        using (var acme = Open(door, challenge))
        {
            acme.Load();
            var running = acme.RunAsync(stopping.Token);
            await AdvanceUntilAsync(() => _log.Lines.Any(l => l.Contains("Got a certificate for localhost", StringComparison.Ordinal)));
            await ServesAsync(door);

            // Its authority gives twelve hours.
            var first = door.Certificates.Find("localhost");
            _time.Advance(TimeSpan.FromHours(7));
            Assert.Same(first, door.Certificates.Find("localhost"));
            _time.Advance(TimeSpan.FromHours(2));
            await AdvanceUntilAsync(() => door.Certificates.Find("localhost") != first);
            await ServesAsync(door);

            await stopping.CancelAsync();
            await running.WaitAsync(TimeSpan.FromSeconds(20));
        }

        var last = door.Certificates.Find("localhost")!.Leaf.Thumbprint;
        door.Certificates.Publish(CertificateOrigin.Acme, []);
        using var restarted = Open(door, challenge);
        restarted.Load();
        Assert.Equal(last, door.Certificates.Find("localhost")!.Leaf.Thumbprint);
        Assert.DoesNotContain(_log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
        Assert.False(door.Answers.HasAny);
        Assert.Null(door.Certificates.FindChallenge("localhost"));
    }

    [Fact]
    public async Task A_stale_nonce_is_replaced_by_the_one_that_came_with_the_refusal()
    {
        await using var door = await DoorFixture.StartAsync(plainPort: 80, tlsPort: 443);
        using var spoiler = new NonceSpoiler(_authority.CaFile);
        using var acme = Open(door, "http-01", spoiler);
        using var stopping = new CancellationTokenSource();
        var running = acme.RunAsync(stopping.Token);
        await AdvanceUntilAsync(() => _log.Lines.Any(l => l.Contains("Got a certificate", StringComparison.Ordinal)));
        Assert.Equal(2, spoiler.Spoiled);
        await stopping.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_name_that_cannot_be_verified_is_tried_again_later_and_what_is_in_use_is_kept()
    {
        // Nobody listens on port 80, so the authority finds nothing.
        await using var door = await DoorFixture.StartAsync();
        var before = door.Certificates.Find("localhost");
        using var acme = Open(door, "http-01");
        using var stopping = new CancellationTokenSource();
        var running = acme.RunAsync(stopping.Token);
        await AdvanceUntilAsync(() => _log.Lines.Count(l => l.Contains("No certificate for localhost by ACME", StringComparison.Ordinal)) == 2);
        Assert.Same(before, door.Certificates.Find("localhost"));
        Assert.False(door.Answers.HasAny);
        await stopping.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task An_authority_that_is_not_trusted_is_refused()
    {
        await using var door = await DoorFixture.StartAsync();
        using var acme = AcmeCertificates.Create(
            new AcmeOptions { Directory = _authority.Directory, Domains = ["localhost"] }, _directory.Path, door.Certificates, door.Answers, _time, _log);
        using var stopping = new CancellationTokenSource();
        var running = acme.RunAsync(stopping.Token);
        await Eventually.HoldsAsync(() => _log.Lines.Any(l => l.Contains("cannot be reached", StringComparison.Ordinal)), "the refusal is logged");
        await stopping.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(20));
    }

    private AcmeCertificates Open(DoorFixture door, string challenge, HttpMessageHandler? handler = null) => AcmeCertificates.Create(
        new AcmeOptions { Directory = _authority.Directory, Email = "ops@example.org", Domains = ["localhost"], Challenge = challenge, CaFile = _authority.CaFile },
        _directory.Path, door.Certificates, door.Answers, _time, _log, handler, new Random(1));

    // Over the real door, trusting nothing but the authority.
    private async Task ServesAsync(DoorFixture door)
    {
        using var socket = await DoorFixture.ConnectAsync(door.TlsPort);
        await using var tls = new SslStream(new NetworkStream(socket));
        await tls.AuthenticateAsClientAsync(new TlsTrust { CaFile = _authority.CaFile }.OptionsFor("localhost", 443)).WaitAsync(TimeSpan.FromSeconds(20));
    }

    // The clock moves on while the authority, who has a clock of its own, does its work.
    private async Task AdvanceUntilAsync(Func<bool> holds)
    {
        for (var i = 0; i < 3000 && !holds(); i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }

        Assert.True(holds(), string.Join('\n', _log.Lines) + "\n" + _authority.Output);
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    // Spoils the first nonces that the authority gives.
    private sealed class NonceSpoiler : DelegatingHandler
    {
        public NonceSpoiler(string caFile)
        {
            var trust = new System.Security.Cryptography.X509Certificates.X509ChainPolicy
            {
                TrustMode = System.Security.Cryptography.X509Certificates.X509ChainTrustMode.CustomRootTrust,
                RevocationMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck,
            };
            trust.CustomTrustStore.ImportFromPemFile(caFile);
            InnerHandler = new SocketsHttpHandler { SslOptions = { CertificateChainPolicy = trust } };
        }

        public int Spoiled { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (Spoiled < 2 && response.Headers.Remove("Replay-Nonce"))
            {
                Spoiled++;
                response.Headers.Add("Replay-Nonce", "c3RhbGU");
            }

            return response;
        }
    }
}
