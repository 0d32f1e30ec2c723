using Adit.Hub.Access.Permissions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Adit.Hub.Edge.Tls;

/// <summary>What the hub serves about TLS: its authority's certificate, and ACME's challenges on the hub's own names.</summary>
internal static class OwnAuthorityEndpoint
{
    /// <summary>Where the authority's certificate is.</summary>
    public const string Path = "/.well-known/adit-ca.pem";

    /// <summary>Maps both, for anyone: who asks has no token yet, or is an authority.</summary>
    public static void MapTls(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(Path, (TlsService tls) => tls.AuthorityPem is { } pem
            ? Results.Text(pem, "application/x-pem-file")
            : Results.NotFound()).ExcludeFromDescription().NeedsNobody();
        endpoints.MapGet(AcmeChallengeAnswers.PathPrefix + "{token}", (string token, AcmeChallengeAnswers answers) =>
            answers.Find(AcmeChallengeAnswers.PathPrefix + token) is { } answer
                ? Results.Text(answer, "application/octet-stream")
                : Results.NotFound()).ExcludeFromDescription().NeedsNobody();
    }
}
