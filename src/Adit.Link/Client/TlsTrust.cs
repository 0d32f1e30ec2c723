using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Adit.Link;

/// <summary>
/// Which hubs a client believes to be who they say. A pin decides alone; else a CA file; else the system's authorities; else, when it is
/// switched on, the key seen on first use. A pinned key may be the hub's own or its authority's: with an authority's key the name must
/// match as well, since an authority may have signed other names too.
/// </summary>
public sealed record TlsTrust
{
    /// <summary>The system's authorities only.</summary>
    public static TlsTrust System { get; } = new();

    /// <summary>The fingerprint that must be in the chain the hub shows (<see cref="KeyPin"/>); null for none.</summary>
    public string? Pin { get; init; }

    /// <summary>A PEM file with authorities to believe beside the system's; null for none.</summary>
    public string? CaFile { get; init; }

    /// <summary>Where keys of unknown hubs are remembered when first seen; null to refuse them.</summary>
    public KnownHubs? FirstUse { get; init; }

    /// <summary>Told of a hub and the fingerprint that was just trusted on first use.</summary>
    public Action<string, string>? Learned { get; init; }

    /// <summary>Tells whether certificates are valid now.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// Options for a handshake with a hub, which fails with <see cref="TlsTrustException"/> when the hub is not believed.
    /// </summary>
    public SslClientAuthenticationOptions OptionsFor(string host, int port, params IEnumerable<SslApplicationProtocol> protocols) => new()
    {
        TargetHost = host,
        ApplicationProtocols = [.. protocols],
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CertificateChainPolicy = Pin is null ? null : WithoutAuthorities(),
        RemoteCertificateValidationCallback = CallbackFor(host, port),
    };

    // With a pin the system's authorities have no say, and to look through all of them costs more than the handshake itself.
    private static X509ChainPolicy WithoutAuthorities() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
    };

    private RemoteCertificateValidationCallback CallbackFor(string host, int port) => (_, certificate, chain, errors) =>
    {
        if (certificate is null)
            throw new TlsTrustException($"The hub {KnownHubs.Name(host, port)} showed no certificate.");
        using var copy = certificate is X509Certificate2 ? null : new X509Certificate2(certificate);
        var leaf = certificate as X509Certificate2 ?? copy!;
        return Judge(host, port, new PresentedChain(leaf, chain, Time.GetUtcNow()), errors);
    };

    // True, or an exception that says why not: nothing in between.
    private bool Judge(string host, int port, PresentedChain shown, SslPolicyErrors errors)
    {
        var hub = KnownHubs.Name(host, port);
        if (Pin is not null)
            return JudgePin(hub, KeyPin.Parse(Pin), shown, errors);
        if (errors == SslPolicyErrors.None)
            return true;
        ThrowWhenNotInTime(hub, shown.Leaf);
        ThrowWhenNamedOtherwise(hub, shown.Leaf, errors);
        if (CaFile is not null && Authorities(CaFile).Any(shown.LeadsTo))
            return true;
        if (FirstUse is not null)
            return JudgeFirstUse(host, port, shown, FirstUse);
        throw new TlsTrustException(
            $"The hub {hub} shows a certificate of an authority that is not trusted ({shown.Leaf.Issuer}). {Advice(shown)}");
    }

    private bool JudgePin(string hub, string pin, PresentedChain shown, SslPolicyErrors errors)
    {
        // The handshake proved that the server holds the key of its certificate, and that key is the pinned one: no name can say more.
        if (KeyPin.Of(shown.Leaf) == pin)
            return true;
        if (shown.Issuers.FirstOrDefault(c => KeyPin.Of(c) == pin) is not { } authority)
            throw new TlsTrustException(
                $"The hub {hub} does not show the pinned key {pin}. {Shown(shown)} Somebody may be in between; if the hub was set up anew, "
                    + "pin the fingerprint that it prints at start.");
        ThrowWhenNotInTime(hub, shown.Leaf);
        ThrowWhenNamedOtherwise(hub, shown.Leaf, errors);
        return shown.LeadsTo(authority)
            ? true
            : throw new TlsTrustException(
                $"The hub {hub} shows the pinned authority {pin} beside a certificate that it did not sign. Somebody may be in between.");
    }

    private bool JudgeFirstUse(string host, int port, PresentedChain shown, KnownHubs known)
    {
        var hub = KnownHubs.Name(host, port);
        if (known.Find(host, port) is not { } fingerprint)
        {
            var learned = KeyPin.Of(shown.HighestIssuer() ?? shown.Leaf);
            known.Add(host, port, learned);
            Learned?.Invoke(hub, learned);
            return true;
        }

        var isSame = KeyPin.Of(shown.Leaf) == fingerprint
            || shown.Issuers.FirstOrDefault(c => KeyPin.Of(c) == fingerprint) is { } authority && shown.LeadsTo(authority);
        return isSame
            ? true
            : throw new TlsTrustException(
                $"The key of the hub {hub} has changed: {known.Path} says {fingerprint}. {Shown(shown)} Somebody may be in between; if the "
                    + "hub was set up anew, remove its line from that file.");
    }

    private void ThrowWhenNotInTime(string hub, X509Certificate2 leaf)
    {
        var now = Time.GetUtcNow();
        if (now < leaf.NotBefore)
            throw new TlsTrustException(
                $"The certificate of the hub {hub} is not valid before {leaf.NotBefore.ToUniversalTime():u}, and it is {now:u} here; check "
                    + "this machine's clock.");
        if (now > leaf.NotAfter)
            throw new TlsTrustException(
                $"The certificate of the hub {hub} expired at {leaf.NotAfter.ToUniversalTime():u}, and it is {now:u} here; renew it on the "
                    + "hub, or check this machine's clock.");
    }

    private static void ThrowWhenNamedOtherwise(string hub, X509Certificate2 leaf, SslPolicyErrors errors)
    {
        if (!errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            return;
        var names = leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        string[] all = names is null ? [] : [.. names.EnumerateDnsNames(), .. names.EnumerateIPAddresses().Select(a => a.ToString())];
        throw new TlsTrustException(
            $"The certificate of the hub {hub} is for {(all.Length == 0 ? "no name" : string.Join(", ", all.Take(8)))}, not for the name "
                + "that was dialled; use one of these, or add the name on the hub.");
    }

    private static List<X509Certificate2> Authorities(string file)
    {
        try
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPemFile(file);
            return all.Count > 0 ? [.. all] : throw new TlsTrustException($"{file} holds no PEM certificate to trust.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new TlsTrustException($"The authorities in {file} cannot be read: {e.Message}");
        }
    }

    private static string Shown(PresentedChain shown) =>
        $"It shows {KeyPin.Of(shown.Leaf)}{(shown.Issuers.Count > 0 ? " issued by " + KeyPin.Of(shown.Issuers[0]) : string.Empty)}.";

    private static string Advice(PresentedChain shown) =>
        $"If that is your hub's own, compare its fingerprint and pin it: --pin {KeyPin.Of(shown.HighestIssuer() ?? shown.Leaf)} (or "
            + "--ca-file FILE).";
}
