using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Adit.Hub.Edge.Tls;

/// <summary>Where certificates come from, in the order in which they are asked for a name.</summary>
internal enum CertificateOrigin
{
    /// <summary>PEM files that the operator named.</summary>
    Files,

    /// <summary>An ACME authority.</summary>
    Acme,

    /// <summary>The hub's own authority.</summary>
    Own,
}

/// <summary>
/// Server name to certificate. Sources publish what they have; handshakes read an immutable snapshot without a lock. Exact names come
/// before wildcards, files before ACME before the hub's own authority; a name that nobody has, and a client that names none, gets the
/// first certificate there is.
/// </summary>
internal sealed class CertificateSelector
{
    private static readonly List<SslApplicationProtocol> AcmeProtocol = [new("acme-tls/1")];

    private readonly Lock _lock = new();
    private readonly IReadOnlyList<ServerCertificate>[] _published = [[], [], []];
    private readonly ConcurrentDictionary<string, SslServerAuthenticationOptions> _challenges = new(StringComparer.OrdinalIgnoreCase);
    private volatile Snapshot _snapshot = new(FrozenDictionary<string, ServerCertificate>.Empty, null, []);

    /// <summary>All certificates in use, each once.</summary>
    public IReadOnlyList<ServerCertificate> All => _snapshot.All;

    /// <summary>Replaces what one source has.</summary>
    public void Publish(CertificateOrigin origin, IReadOnlyList<ServerCertificate> certificates)
    {
        lock (_lock)
        {
            _published[(int)origin] = [.. certificates];
            ServerCertificate[] all = [.. _published.SelectMany(p => p)];
            var byName = new Dictionary<string, ServerCertificate>(StringComparer.OrdinalIgnoreCase);
            foreach (var certificate in all)
            {
                foreach (var name in certificate.Names)
                    byName.TryAdd(name, certificate);
            }

            _snapshot = new Snapshot(byName.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase), all.FirstOrDefault(), all);
        }
    }

    /// <summary>The certificate for a server name, or the default one; null when there is none at all.</summary>
    public ServerCertificate? Find(string? serverName)
    {
        var snapshot = _snapshot;
        if (string.IsNullOrEmpty(serverName))
            return snapshot.Default;
        if (snapshot.ByName.TryGetValue(serverName, out var exact))
            return exact;

        // A wildcard stands for exactly one label (RFC 6125 section 6.4.3).
        var dot = serverName.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && snapshot.ByName.TryGetValue("*" + serverName[dot..], out var wildcard) ? wildcard : snapshot.Default;
    }

    /// <summary>Shows this certificate to whoever connects for the TLS-ALPN-01 challenge of a name (RFC 8737).</summary>
    internal void AddChallenge(string serverName, X509Certificate2 certificate) =>
        _challenges[serverName] = ServerCertificate.Options(
            SslStreamCertificateContext.Create(certificate, null, offline: true), AcmeProtocol);

    /// <summary>The challenge of a name is over.</summary>
    internal void RemoveChallenge(string serverName) => _challenges.TryRemove(serverName, out _);

    /// <summary>Handshake options for the challenge that is pending for a name; null when none is.</summary>
    internal SslServerAuthenticationOptions? FindChallenge(string serverName) => _challenges.GetValueOrDefault(serverName);

    private sealed record Snapshot(
        FrozenDictionary<string, ServerCertificate> ByName, ServerCertificate? Default, IReadOnlyList<ServerCertificate> All);
}
