using System.Text;
using Adit.Hub.Edge.Gate;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Access.Doors;

/// <summary><c>GET /.well-known/jwks.json</c>: the keys that verify <see cref="Assertions"/> (RFC 7517 section 5).</summary>
internal static class JwksEndpoint
{
    /// <summary>Serves it.</summary>
    public static IResult Serve(HttpContext context, AssertionKeys keys)
    {
        context.Response.Headers.CacheControl = "public, max-age=300";
        var items = keys.Shown.Select(static k =>
            $$"""{"kty":"EC","crv":"P-256","x":"{{k.X}}","y":"{{k.Y}}","kid":"{{k.Id}}","use":"sig","alg":"ES256"}""");
        return TypedResults.Text($$"""{"keys":[{{string.Join(',', items)}}]}""", "application/jwk-set+json", Encoding.UTF8);
    }
}
