using Adit.Hub.Edge.Tls;
using Adit.Testing;

namespace Adit.Hub.Tests.Edge.Tls;

public sealed class CertificateSelectorTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly OwnAuthority _authority;
    private readonly CertificateSelector _selector = new();

    public CertificateSelectorTests() => _authority = OwnAuthority.Open(_directory.Path, TimeProvider.System.GetUtcNow());

    [Fact]
    public void An_exact_name_comes_before_a_wildcard_and_a_wildcard_before_the_default()
    {
        var first = Make("default.test");
        var wildcard = Make("*.hub.test");
        var exact = Make("a.hub.test");
        _selector.Publish(CertificateOrigin.Files, [first, wildcard, exact]);

        Assert.Same(exact, _selector.Find("A.hub.test"));
        Assert.Same(wildcard, _selector.Find("b.hub.test"));
        Assert.Same(first, _selector.Find("b.b.hub.test"));
        Assert.Same(first, _selector.Find("hub.test"));
        Assert.Same(first, _selector.Find("other.test"));
        Assert.Same(first, _selector.Find(null));
        Assert.Same(first, _selector.Find(string.Empty));
    }

    [Fact]
    public void Files_come_before_ACME_and_ACME_before_the_own_authority()
    {
        var own = Make("hub.test", "*.hub.test");
        _selector.Publish(CertificateOrigin.Own, [own]);
        Assert.Same(own, _selector.Find("hub.test"));
        var acme = Make("hub.test");
        _selector.Publish(CertificateOrigin.Acme, [acme]);
        Assert.Same(acme, _selector.Find("hub.test"));
        Assert.Same(own, _selector.Find("a.hub.test"));
        var file = Make("hub.test");
        _selector.Publish(CertificateOrigin.Files, [file]);
        Assert.Same(file, _selector.Find("hub.test"));
        _selector.Publish(CertificateOrigin.Files, []);
        Assert.Same(acme, _selector.Find("hub.test"));
    }

    [Fact]
    public void Without_any_certificate_there_is_none_to_find() => Assert.Null(_selector.Find("hub.test"));

    public void Dispose()
    {
        _authority.Dispose();
        _directory.Dispose();
    }

    private ServerCertificate Make(params string[] names)
    {
        var (chain, key) = _authority.Issue(names, TimeProvider.System.GetUtcNow());
        return PemPair.Load(chain, key, "test");
    }
}
