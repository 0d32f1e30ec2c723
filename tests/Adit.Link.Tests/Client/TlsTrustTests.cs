using System.Net.Security;
using System.Net.Sockets;
using Adit.Testing;

namespace Adit.Link.Tests.Client;

public sealed class TlsTrustTests
{
    private readonly TestAuthority _authority = new();

    [Fact]
    public async Task The_pin_of_the_authority_admits_any_certificate_it_signed_for_the_name()
    {
        await ConnectAsync(_authority.Issue("hub.test"), new TlsTrust { Pin = _authority.Pin });
        await ConnectAsync(_authority.Issue("hub.test"), new TlsTrust { Pin = _authority.Pin });
    }

    [Fact]
    public async Task The_pin_of_the_authority_does_not_admit_another_name()
    {
        var refusal = await RefusalAsync(_authority.Issue("other.test"), new TlsTrust { Pin = _authority.Pin });
        Assert.Equal("The certificate of the hub hub.test:443 is for other.test, not for the name that was dialled; use one of these, or add the name on the hub.", refusal);
    }

    [Fact]
    public async Task A_certificate_that_the_pinned_authority_did_not_sign_is_refused_even_beside_its_certificate()
    {
        var refusal = await RefusalAsync(_authority.Forge("hub.test"), new TlsTrust { Pin = _authority.Pin });
        Assert.Contains("Somebody may be in between", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_pin_is_refused_and_both_keys_are_named()
    {
        var other = new TestAuthority().Pin;
        var refusal = await RefusalAsync(_authority.Issue("hub.test"), new TlsTrust { Pin = other });
        Assert.StartsWith($"The hub hub.test:443 does not show the pinned key {other}. It shows sha256:", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pin_decides_alone_even_where_the_authority_is_trusted()
    {
        using var directory = new TempDirectory();
        var file = directory.Write("ca.pem", _authority.Root.ExportCertificatePem());
        await RefusalAsync(_authority.Issue("hub.test"), new TlsTrust { Pin = new TestAuthority().Pin, CaFile = file });
    }

    [Fact]
    public async Task The_pin_of_the_hubs_own_key_admits_it_under_any_name()
    {
        var context = TestAuthority.SelfSigned("other.test");
        await ConnectAsync(context, new TlsTrust { Pin = KeyPin.Of(context.TargetCertificate) });
    }

    [Fact]
    public async Task A_file_of_authorities_admits_what_they_signed()
    {
        using var directory = new TempDirectory();
        var trust = new TlsTrust { CaFile = directory.Write("ca.pem", _authority.Root.ExportCertificatePem()) };
        await ConnectAsync(_authority.Issue("hub.test"), trust);
        await RefusalAsync(_authority.Issue("other.test"), trust);
        await RefusalAsync(_authority.Forge("hub.test"), trust);
        await RefusalAsync(new TestAuthority().Issue("hub.test"), trust);
    }

    [Fact]
    public async Task An_unknown_authority_is_refused_with_the_fingerprint_to_pin()
    {
        var refusal = await RefusalAsync(_authority.Issue("hub.test"), TlsTrust.System);
        Assert.Contains($"--pin {_authority.Pin}", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hub_trusted_on_first_use_is_known_afterwards_and_may_renew_its_certificate()
    {
        using var directory = new TempDirectory();
        var learned = new List<string>();
        var trust = new TlsTrust { FirstUse = new KnownHubs(directory.File("deep/known-hubs")), Learned = (hub, pin) => learned.Add($"{hub} {pin}") };
        await ConnectAsync(_authority.Issue("hub.test"), trust);
        await ConnectAsync(_authority.Issue("hub.test"), trust);
        Assert.Equal([$"hub.test:443 {_authority.Pin}"], learned);
        Assert.Equal($"hub.test:443 {_authority.Pin}\n", await File.ReadAllTextAsync(directory.File("deep/known-hubs")));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(directory.File("deep/known-hubs")));
    }

    [Fact]
    public async Task A_known_hub_with_another_key_is_refused_and_the_file_is_named()
    {
        using var directory = new TempDirectory();
        var trust = new TlsTrust { FirstUse = new KnownHubs(directory.File("known-hubs")) };
        await ConnectAsync(_authority.Issue("hub.test"), trust);
        foreach (var other in new[] { new TestAuthority().Issue("hub.test"), _authority.Forge("hub.test"), TestAuthority.SelfSigned("hub.test") })
        {
            var refusal = await RefusalAsync(other, trust);
            Assert.StartsWith($"The key of the hub hub.test:443 has changed: {directory.File("known-hubs")} says {_authority.Pin}.", refusal, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_hub_without_an_authority_is_remembered_by_its_own_key()
    {
        using var directory = new TempDirectory();
        var trust = new TlsTrust { FirstUse = new KnownHubs(directory.File("known-hubs")) };
        var context = TestAuthority.SelfSigned("hub.test");
        await ConnectAsync(context, trust);
        await ConnectAsync(context, trust);
        await RefusalAsync(TestAuthority.SelfSigned("hub.test"), trust);
    }

    [Theory]
    [InlineData("hub.test:443\n")]
    [InlineData("hub.test:443 sha256:short\n")]
    [InlineData("# fine\n\nother garbage here\n")]
    public async Task A_damaged_list_of_known_hubs_trusts_nobody(string content)
    {
        using var directory = new TempDirectory();
        var trust = new TlsTrust { FirstUse = new KnownHubs(directory.Write("known-hubs", content)) };
        Assert.Contains("correct or remove it", await RefusalAsync(_authority.Issue("hub.test"), trust), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Certificates_out_of_their_time_are_refused_with_a_word_about_clocks()
    {
        using var directory = new TempDirectory();
        foreach (var trust in new[] { new TlsTrust { Pin = _authority.Pin }, new TlsTrust { FirstUse = new KnownHubs(directory.File("k")) }, TlsTrust.System })
        {
            Assert.Contains("expired at", await RefusalAsync(_authority.Issue("hub.test", -20, -10), trust), StringComparison.Ordinal);
            Assert.Contains("is not valid before", await RefusalAsync(_authority.Issue("hub.test", 2, 10), trust), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("sha256:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU")]
    [InlineData("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")]
    public void A_fingerprint_is_taken_in_either_alphabet(string text) =>
        Assert.Equal("sha256:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU", KeyPin.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("sha256:")]
    [InlineData("sha256:47DEQpj8HBSa")]
    [InlineData("sha1:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU")]
    public void What_is_no_fingerprint_is_refused(string text) => Assert.Throws<FormatException>(() => KeyPin.Parse(text));

    private static async Task<string> RefusalAsync(SslStreamCertificateContext server, TlsTrust trust)
    {
        var e = await Assert.ThrowsAsync<TlsTrustException>(() => ConnectAsync(server, trust));
        Assert.DoesNotContain('\n', e.Message);
        return e.Message;
    }

    private static async Task ConnectAsync(SslStreamCertificateContext context, TlsTrust trust)
    {
        var (near, far) = await LinkStreamPair.ConnectedSocketsAsync();
        await using var server = new SslStream(new NetworkStream(far, ownsSocket: true));
        await using var client = new SslStream(new NetworkStream(near, ownsSocket: true));
        var serving = server.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = context });
        try
        {
            await client.AuthenticateAsClientAsync(trust.OptionsFor("hub.test", 443)).WaitAsync(TimeSpan.FromSeconds(20));
        }
        finally
        {
            near.Shutdown(SocketShutdown.Both);
            await serving.WaitAsync(TimeSpan.FromSeconds(20)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
