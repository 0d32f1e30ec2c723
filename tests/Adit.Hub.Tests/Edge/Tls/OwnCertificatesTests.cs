using System.Net;
using System.Security.Cryptography.X509Certificates;
using Adit.Hub.Edge.Tls;
using Adit.Hub.Tests.Edge.Tls.Logs;
using Adit.Link;
using Adit.Testing;

namespace Adit.Hub.Tests.Edge.Tls;

public sealed class OwnCertificatesTests : IDisposable
{
    private static readonly string[] Names = ["hub.test", "*.hub.test", "10.0.0.5"];

    private readonly TempDirectory _directory = new();
    private readonly CertificateSelector _selector = new();
    private readonly ManualTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly LogLines _log = new();

    [Fact]
    public void The_first_start_makes_an_authority_whose_key_only_the_owner_reads()
    {
        using var own = Open(Names);
        var leaf = _selector.Find("a.hub.test")!.Leaf;
        Assert.True(leaf.MatchesHostname("x.hub.test"));
        Assert.True(leaf.MatchesHostname("10.0.0.5"));
        Assert.Contains(_log.Lines, line => line.Contains(own.Authority!.Fingerprint, StringComparison.Ordinal));
        foreach (var secret in new[] { "ca.key", "hub.key" })
        {
            if (!OperatingSystem.IsWindows())
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_directory.File(secret)));
        }
    }

    [Fact]
    public async Task OpenSSL_verifies_the_chain_from_the_root_alone()
    {
        using var own = Open(Names);
        var said = await ChildProcess.RunAsync(
            "openssl", ["verify", "-x509_strict", "-CAfile", _directory.File("ca.pem"), "-untrusted", _directory.File("hub.pem"), _directory.File("hub.pem")]);
        Assert.EndsWith(": OK", said.Trim(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_restart_uses_the_same_certificate_and_the_same_fingerprint()
    {
        string fingerprint;
        using (var first = Open(Names))
            fingerprint = first.Authority!.Fingerprint;
        var before = _selector.Find(null)!.Leaf.Thumbprint;
        using var second = Open(Names);
        Assert.Equal(fingerprint, second.Authority!.Fingerprint);
        Assert.Equal(before, _selector.Find(null)!.Leaf.Thumbprint);
    }

    [Fact]
    public void Other_names_make_another_certificate_of_the_same_authority()
    {
        using var first = Open(Names);
        using var second = Open([.. Names, "hub.internal"]);
        Assert.Equal(first.Authority!.Fingerprint, second.Authority!.Fingerprint);
        Assert.True(_selector.Find("hub.internal")!.Leaf.MatchesHostname("hub.internal"));
        Assert.True(second.Authority.Issued(_selector.Find(null)!.Leaf));
    }

    [Fact]
    public void It_is_renewed_when_two_thirds_of_its_life_are_over()
    {
        using var own = Open(Names);
        var first = _selector.Find(null)!;
        _time.ShiftWallClock(TimeSpan.FromDays(55));
        own.Poll();
        Assert.Same(first, _selector.Find(null));
        _time.ShiftWallClock(TimeSpan.FromDays(6));
        own.Poll();
        Assert.NotSame(first, _selector.Find(null));
        Assert.Equal(KeyPin.Of(X509Certificate2.CreateFromPem(own.Authority!.RootPem)), own.Authority.Fingerprint);
    }

    [Fact]
    public void A_clock_set_back_a_day_changes_nothing_and_one_set_back_a_year_makes_a_certificate_of_that_time()
    {
        using var own = Open(Names);
        var first = _selector.Find(null)!;
        _time.ShiftWallClock(TimeSpan.FromDays(-1));
        own.Poll();
        Assert.Same(first, _selector.Find(null));
        _time.ShiftWallClock(TimeSpan.FromDays(-365));
        own.Poll();
        Assert.True(_selector.Find(null)!.NotBefore <= _time.GetUtcNow());
    }

    [Fact]
    public void A_certificate_of_another_authority_is_not_taken_over()
    {
        using (var first = Open(Names))
            Assert.NotNull(first.Authority);
        File.Delete(_directory.File("ca.key"));
        File.Delete(_directory.File("ca.pem"));
        using var second = Open(Names);
        Assert.True(second.Authority!.Issued(_selector.Find(null)!.Leaf));
    }

    [Theory]
    [InlineData("ca.key")]
    [InlineData("ca.pem")]
    public void A_damaged_or_missing_half_of_the_authority_stops_the_start(string file)
    {
        using (var first = Open(Names))
            Assert.NotNull(first.Authority);
        var whole = File.ReadAllText(_directory.File(file));
        File.WriteAllText(_directory.File(file), whole[..(whole.Length / 2)]);
        Assert.Contains(file, Assert.Throws<CertificateException>(() => Open(Names)).Message, StringComparison.Ordinal);
        File.Delete(_directory.File(file));
        Assert.Contains(file, Assert.Throws<CertificateException>(() => Open(Names)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_names_are_the_domain_all_below_it_loopback_the_listeners_and_what_was_asked_for()
    {
        var names = OwnCertificates.NamesFor(new HubOptions
        {
            DataDirectory = "d",
            Domain = "Hub.Example.org",
            ListenTls = ["192.0.2.7:443", "0.0.0.0:8443"],
            Tls = new TlsOptions { AutoNames = ["hub.internal", "FD00::0001"] },
        });
        Assert.Equal(
            new HashSet<string> { "hub.example.org", "*.hub.example.org", "localhost", "127.0.0.1", "::1", "192.0.2.7", "hub.internal", "fd00::1" },
            names.ToHashSet());
    }

    [Theory]
    [InlineData("demo.hub.test", "/a?b=%2F", "192.0.2.1", 443, "https://demo.hub.test/a?b=%2F")]
    [InlineData("demo.hub.test:8080", "/", "192.0.2.1", 8443, "https://demo.hub.test:8443/")]
    [InlineData("[::1]:80", "//evil/", "192.0.2.1", 443, "https://[::1]//evil/")]
    [InlineData("hub.test", "/.well-known/acme-challenge/x", "192.0.2.1", 443, null)]
    [InlineData("hub.test", "/.well-known/adit-ca.pem?x", "192.0.2.1", 443, null)]
    [InlineData("hub.test", "/healthz", "192.0.2.1", 443, null)]
    [InlineData("hub.test", "/_adit/link/data", "127.0.0.1", 443, null)]
    [InlineData("hub.test", "/_adit/link/data", "192.0.2.1", 443, "https://hub.test/_adit/link/data")]
    [InlineData("a@evil", "/", "192.0.2.1", 443, null)]
    [InlineData("", "/", "192.0.2.1", 443, null)]
    [InlineData("hub.test", "*", "192.0.2.1", 443, null)]
    public void Requests_in_clear_are_sent_to_HTTPS_but_for_a_few(string host, string target, string remote, int port, string? location) =>
        Assert.Equal(location, new HttpsRedirect(port).LocationFor(host, target, IPAddress.Parse(remote)));

    public void Dispose() => _directory.Dispose();

    private OwnCertificates Open(IReadOnlyCollection<string> names)
    {
        var own = new OwnCertificates(_directory.Path, names, _selector, _time, _log);
        own.Load();
        return own;
    }
}
