using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Adit.Hub.Tests.Edge.Door;
using Adit.Hub.Tests.Edge.Tls.Logs;
using Adit.Testing;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Tests.Edge.Tls;

/// <summary>A whole hub whose certificate is replaced while visitors come.</summary>
public sealed class CertificateReloadTests
{
    private static readonly TimeSpan PollEvery = TimeSpan.FromSeconds(10);

    [Fact(Timeout = 60_000)]
    public async Task A_certificate_that_is_being_written_is_not_used_until_it_is_whole_and_visitors_notice_nothing()
    {
        using var directory = new TempDirectory();
        var files = new CertificateFiles(directory.File("hub.pem"), directory.File("hub.key"));
        var (old, next) = (Pair("old.test"), Pair("next.test"));
        await WriteAsync(files, old);
        var log = new LogLines();
        var time = new ManualTimeProvider(TimeProvider.System.GetUtcNow());
        await using var hub = await HubApp.StartAsync(
            new HubOptions
            {
                DataDirectory = directory.File("data"),
                Listen = [],
                ListenTls = ["127.0.0.1:0"],
                Tls = new TlsOptions { Certificates = [files] },
                DrainTimeout = TimeSpan.FromSeconds(1),
            },
            time,
            logging => logging.AddProvider(log));
        var port = new Uri(hub.Addresses[0]).Port;
        Assert.Equal("CN=old.test", await SubjectAsync(port));

        // A writer that is slow, in the middle of the certificate, then between certificate and key, then in the middle of the key.
        (string Certificate, string Key)[] halves =
        [
            (next.Certificate[..(next.Certificate.Length / 2)], old.Key),
            (next.Certificate, old.Key),
            (next.Certificate, next.Key[..(next.Key.Length / 2)]),
        ];
        var warnings = 0;
        foreach (var half in halves)
        {
            await WriteAsync(files, half);
            time.Advance(PollEvery);
            warnings++;
            await Eventually.HoldsAsync(() => Warnings(log).Length == warnings, $"the log says {warnings} times what is wrong");
            time.Advance(PollEvery);
            Assert.Equal("CN=old.test", await SubjectAsync(port));
        }

        Assert.All(Warnings(log), line => Assert.Contains("the old one kept: " + files.Certificate, line, StringComparison.Ordinal));
        await WriteAsync(files, next);
        time.Advance(PollEvery);
        await Eventually.HoldsAsync(() => log.Lines.Any(l => l.Contains("was replaced", StringComparison.Ordinal)), "the log says that it was replaced");
        Assert.Equal("CN=next.test", await SubjectAsync(port));
        Assert.Equal(halves.Length, Warnings(log).Length);
    }

    private static string[] Warnings(LogLines log) =>
        [.. log.Lines.Where(static l => l.Contains("A changed certificate is not used yet", StringComparison.Ordinal))];

    private static async Task<string> SubjectAsync(int port)
    {
        using var socket = await DoorFixture.ConnectAsync(port);
        await using var tls = new SslStream(new System.Net.Sockets.NetworkStream(socket));
        var subject = "";
        var options = new SslClientAuthenticationOptions
        {
            // Nobody issued these certificates; which one it is is the question here.
            RemoteCertificateValidationCallback = (_, certificate, _, _) => (subject = certificate?.Subject ?? "").Length > 0,
        };
        await tls.AuthenticateAsClientAsync(options).WaitAsync(TimeSpan.FromSeconds(20));
        return subject;
    }

    private static async Task WriteAsync(CertificateFiles files, (string Certificate, string Key) pair)
    {
        await File.WriteAllTextAsync(files.Certificate, pair.Certificate);
        await File.WriteAllTextAsync(files.Key, pair.Key);
    }

    private static (string Certificate, string Key) Pair(string name)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(60));
        return (made.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
