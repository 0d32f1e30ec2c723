using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Adit.Hub.Edge.Tls;
using Adit.Hub.Tests.Edge.Tls.Logs;
using Adit.Testing;

namespace Adit.Hub.Tests.Edge.Tls;

public sealed class FileCertificatesTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly CertificateSelector _selector = new();
    private readonly LogLines _log = new();
    private readonly CertificateFiles _files;

    public FileCertificatesTests() => _files = new CertificateFiles(_directory.File("hub.pem"), _directory.File("hub.key"));

    [Fact]
    public void A_pair_is_loaded_and_a_changed_one_taken_without_a_restart()
    {
        Write(Pair("one.test"));
        var files = Load();
        Assert.Equal(["one.test"], _selector.Find(null)!.Names);

        files.Poll();
        Assert.Empty(_log.Lines);
        Write(Pair("two.test"));
        files.Poll();
        Assert.Equal(["two.test"], _selector.Find(null)!.Names);
        Assert.Contains("was replaced", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_half_written_pair_leaves_the_old_one_in_use_and_says_so_once()
    {
        Write(Pair("one.test"));
        var files = Load();
        var next = Pair("two.test");

        // New certificate, old key: what a renewal looks like between its two writes.
        File.WriteAllText(_files.Certificate, next.Certificate);
        files.Poll();
        files.Poll();
        Assert.Equal(["one.test"], _selector.Find(null)!.Names);
        var line = Assert.Single(_log.Lines);
        Assert.StartsWith("Warning A changed certificate is not used yet", line, StringComparison.Ordinal);

        File.WriteAllText(_files.Key, next.Key[..50]);
        files.Poll();
        Assert.Equal(["one.test"], _selector.Find(null)!.Names);

        File.WriteAllText(_files.Key, next.Key);
        files.Poll();
        Assert.Equal(["two.test"], _selector.Find(null)!.Names);
    }

    [Fact]
    public void A_pair_that_vanishes_stays_in_use()
    {
        Write(Pair("one.test"));
        var files = Load();
        File.Delete(_files.Key);
        files.Poll();
        Assert.Equal(["one.test"], _selector.Find(null)!.Names);
        Assert.Contains("cannot be read", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_used_at_start_stops_the_start_with_the_file_named()
    {
        var good = Pair("one.test");
        using var rsa = RSA.Create(2048);
        (string Certificate, string Key, string Why)[] cases =
        [
            (string.Empty, good.Key, "no certificate"),
            (good.Certificate, string.Empty, "key"),
            (good.Certificate, Pair("two.test").Key, "key"),
            (good.Certificate, rsa.ExportPkcs8PrivateKeyPem(), "key"),
            (good.Certificate[..200], good.Key, "certificate"),
            (good.Certificate, rsa.ExportEncryptedPkcs8PrivateKeyPem("x", new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1)), "encrypted"),
        ];
        foreach (var (certificate, key, why) in cases)
        {
            Write((certificate, key));
            var e = Assert.Throws<CertificateException>(Load);
            Assert.Contains(why, e.Message, StringComparison.Ordinal);
            Assert.StartsWith(_files.Certificate, e.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(-20, -1, "expired at")]
    [InlineData(-20, 13, "expires at")]
    [InlineData(1, 20, "is not valid before")]
    public void Certificates_out_of_their_time_are_announced_once_a_day(int from, int to, string words)
    {
        var time = new ManualTimeProvider(TimeProvider.System.GetUtcNow());
        Write(Pair("one.test", from, to));
        Load();
        var watch = new ExpiryWatch(_selector, time, _log);
        for (var hour = 0; hour < 25; hour++)
        {
            watch.Poll();
            time.ShiftWallClock(TimeSpan.FromSeconds(10));
        }

        Assert.Contains(words, Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_that_is_good_for_a_month_is_not_announced()
    {
        Write(Pair("one.test", -1, 31));
        Load();
        new ExpiryWatch(_selector, TimeProvider.System, _log).Poll();
        Assert.Empty(_log.Lines);
    }

    public void Dispose() => _directory.Dispose();

    private FileCertificates Load()
    {
        var files = new FileCertificates([_files], _selector, _log);
        files.Load();
        return files;
    }

    private void Write((string Certificate, string Key) pair)
    {
        File.WriteAllText(_files.Certificate, pair.Certificate);
        File.WriteAllText(_files.Key, pair.Key);
    }

    private static (string Certificate, string Key) Pair(string name, int from = -1, int to = 60)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(now.AddDays(from), now.AddDays(to));
        return (made.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
