using System.Security.Cryptography.X509Certificates;

namespace Adit.Link;

/// <summary>What a server showed in its handshake: its certificate and the issuers it sent along.</summary>
internal sealed class PresentedChain
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    // What a chain may lack when we name its anchor ourselves.
    private const X509ChainStatusFlags Anchorless = X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot;

    private readonly DateTimeOffset _now;

    public PresentedChain(X509Certificate2 leaf, X509Chain? chain, DateTimeOffset now)
    {
        _now = now;
        Leaf = leaf;

        // SslStream puts what came over the wire into the extra store; the elements may hold what the system added.
        Issuers = chain is null
            ? []
            : [.. chain.ChainPolicy.ExtraStore.Concat(chain.ChainElements.Select(e => e.Certificate)).Where(c => !c.RawDataMemory.Span.SequenceEqual(leaf.RawDataMemory.Span))];
    }

    /// <summary>The server's own certificate.</summary>
    public X509Certificate2 Leaf { get; }

    /// <summary>Further certificates it sent, in no order to rely on.</summary>
    public IReadOnlyList<X509Certificate2> Issuers { get; }

    /// <summary>
    /// Whether the server's certificate is signed, through whatever it sent, by the key of <paramref name="anchor"/>, and everything
    /// between is valid now and for servers.
    /// </summary>
    public bool LeadsTo(X509Certificate2 anchor)
    {
        using var chain = Build(anchor);
        return chain is not null && chain.ChainElements.Skip(1).Any(e => SameKey(e.Certificate, anchor));
    }

    /// <summary>The certificate nearest to the root that the server sent and that its own is signed by; null when it sent none.</summary>
    public X509Certificate2? HighestIssuer()
    {
        using var chain = Build(null);
        if (chain is null || chain.ChainElements.Count < 2)
            return null;
        var highest = chain.ChainElements[^1].Certificate;
        return Issuers.FirstOrDefault(i => i.RawDataMemory.Span.SequenceEqual(highest.RawDataMemory.Span));
    }

    private static bool SameKey(X509Certificate2 one, X509Certificate2 other) => KeyPin.Of(one) == KeyPin.Of(other);

    private X509Chain? Build(X509Certificate2? anchor)
    {
        var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = _now.UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new(ServerAuthentication));
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority;
        foreach (var issuer in Issuers)
            chain.ChainPolicy.ExtraStore.Add(issuer);
        if (anchor is not null)
        {
            chain.ChainPolicy.ExtraStore.Add(anchor);
            chain.ChainPolicy.CustomTrustStore.Add(anchor);
        }

        var isGood = chain.Build(Leaf) && chain.ChainStatus.All(s => (s.Status & ~Anchorless) == 0);
        if (isGood)
            return chain;
        chain.Dispose();
        return null;
    }
}
