using System.Globalization;
using Adit.Api;
using Adit.Hub.Edge.Tls;

namespace Adit.Hub.Checks;

/// <summary>Whether certificates are valid, how long still, and whether one covers the hub's names.</summary>
internal sealed class CertificateChecks(CertificateSelector selector, HubOptions options, TimeProvider time) : ICheckSource
{
    /// <inheritdoc />
    public Task<IReadOnlyList<Check>> LookAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Check>>(options.ListenTls.Count == 0 ? [] : [.. selector.All.Select(Judge), Names()]);

    private Check Judge(ServerCertificate certificate)
    {
        var now = time.GetUtcNow();
        var end = certificate.NotAfter.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        if (now < certificate.NotBefore)
            return Check.Failed("certificate", $"The certificate of {certificate.Origin} is not valid yet: clients refuse it.", "Check this machine's clock.");
        if (now > certificate.NotAfter)
            return Check.Failed("certificate", $"The certificate of {certificate.Origin} expired on {end}: clients refuse it.", "Replace its files; the hub reads them again by itself.");
        return certificate.NotAfter - now < ExpiryWatch.Notice
            ? Check.Warning("certificate", $"The certificate of {certificate.Origin} expires on {end}.", "Replace it before.")
            : Check.Ok("certificate", $"The certificate of {certificate.Origin} is valid until {end}.");
    }

    private Check Names()
    {
        var missing = new[] { options.Domain, "*." + options.Domain }.Except(selector.All.SelectMany(static c => c.Names), StringComparer.OrdinalIgnoreCase).ToList();
        return missing.Count == 0
            ? Check.Ok("names", $"Certificates cover {options.Domain} and every tunnel below it.")
            : Check.Warning("names", $"No certificate covers {string.Join(" and ", missing)}: browsers will warn there.", "Get one that names both the domain and its wildcard.");
    }
}
