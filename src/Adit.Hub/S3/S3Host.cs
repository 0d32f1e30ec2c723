using Adit.Hub.Edge;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.S3;

/// <summary>Which host names are the S3 endpoint's: <c>s3.DOMAIN</c>, and <c>BUCKET.s3.DOMAIN</c> for clients that write the bucket there.</summary>
internal static class S3Host
{
    /// <summary>The endpoint's host name.</summary>
    public static string Of(HubOptions options) => "s3." + options.Domain;

    /// <summary>
    /// Empty for a request to the hub's own name or address that is signed in its header as S3 clients do: not every system finds names below <c>localhost</c>. Null for any other, and
    /// for a signed address: what a browser follows must not come from the host where people are signed in.
    /// </summary>
    public static string? OnHub(HttpRequest request) => request.Headers.Authorization.ToString().StartsWith(SignatureV4.Algorithm + " ", StringComparison.Ordinal) ? "" : null;

    /// <summary>The bucket that an authority names, empty for none; null when the authority is not the endpoint's.</summary>
    public static string? BucketOf(ReadOnlySpan<char> authority, string domain)
    {
        var host = HostName.Of(authority);
        if (host.Length < domain.Length + 3 || !host[^domain.Length..].Equals(domain, StringComparison.OrdinalIgnoreCase) || host[^(domain.Length + 1)] != '.')
            return null;
        var left = host[..^(domain.Length + 1)];
        if (left.Equals("s3", StringComparison.OrdinalIgnoreCase))
            return "";
        return left.EndsWith(".s3", StringComparison.OrdinalIgnoreCase) && left.Length > 3 ? left[..^3].ToString().ToLowerInvariant() : null;
    }
}
