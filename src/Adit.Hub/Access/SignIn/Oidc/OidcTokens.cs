using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Adit.Hub.Access.SignIn.Oidc;

/// <summary>Validates what a provider signed: id tokens (OpenID Connect Core 1.0, 3.1.3.7) and log-out tokens (Back-Channel Logout 1.0, 2.6).</summary>
internal sealed class OidcTokens(OidcOptions options, OidcProvider provider, TimeProvider time)
{
    private const int MaxLength = 64 * 1024;
    private const string LogoutEvent = "http://schemas.openid.net/event/backchannel-logout";

    /// <summary>How far the provider's clock may be from ours.</summary>
    public static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    // Asymmetric ones only: with a shared secret, or none, anybody could have signed.
    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512, SecurityAlgorithms.RsaSsaPssSha256,
        SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512, SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384,
        SecurityAlgorithms.EcdsaSha512,
    ];

    private static readonly JsonWebTokenHandler Handler = new() { MaximumTokenSizeInBytes = MaxLength };

    /// <summary>Reads an id token that was asked for with this nonce.</summary>
    /// <exception cref="OidcException">It is not good; why.</exception>
    public async Task<JsonWebToken> ReadIdTokenAsync(string text, string nonce, CancellationToken cancellationToken)
    {
        var token = await ReadAsync(text, "id_token", cancellationToken);
        if (!token.TryGetPayloadValue<string>("nonce", out var said) || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(said), Encoding.UTF8.GetBytes(nonce)))
            throw new OidcException("its id_token was made for another sign-in (nonce)");
        if (token.Audiences.Skip(1).Any() && (!token.TryGetPayloadValue<string>("azp", out var party) || party != options.ClientId))
            throw new OidcException("its id_token was made for another client (azp)");
        if (string.IsNullOrEmpty(token.Subject))
            throw new OidcException("its id_token names nobody (sub)");
        return token;
    }

    /// <summary>Reads a log-out token.</summary>
    /// <exception cref="OidcException">It is not good; why.</exception>
    public async Task<JsonWebToken> ReadLogoutTokenAsync(string text, CancellationToken cancellationToken)
    {
        var token = await ReadAsync(text, "logout_token", cancellationToken);
        using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(token.EncodedPayload));
        if (!claims.RootElement.TryGetProperty("events", out var events) || events.ValueKind != JsonValueKind.Object || !events.TryGetProperty(LogoutEvent, out _))
            throw new OidcException("it is no logout_token (events)");
        if (claims.RootElement.TryGetProperty("nonce", out _))
            throw new OidcException("it is no logout_token (it has a nonce)");
        if (string.IsNullOrEmpty(token.Id))
            throw new OidcException("the logout_token has no jti");
        if (!token.TryGetPayloadValue<string>("sid", out _) && string.IsNullOrEmpty(token.Subject))
            throw new OidcException("the logout_token says neither who nor which session");
        if (token.IssuedAt == DateTime.MinValue || (time.GetUtcNow() - new DateTimeOffset(token.IssuedAt)).Duration() > Skew * 2)
            throw new OidcException("the logout_token is old (iat)");
        return token;
    }

    private async Task<JsonWebToken> ReadAsync(string text, string what, CancellationToken cancellationToken)
    {
        if (text.Length > MaxLength || !Handler.CanReadToken(text))
            throw new OidcException($"its {what} is none");
        JsonWebToken unproven;
        try
        {
            unproven = Handler.ReadJsonWebToken(text);
        }
        catch (Exception e) when (e is ArgumentException or SecurityTokenException)
        {
            throw new OidcException($"its {what} is none", e);
        }

        var metadata = await provider.DescribeAsync(cancellationToken);
        var parameters = new TokenValidationParameters
        {
            ValidIssuer = metadata.Issuer,
            ValidAudience = options.ClientId,
            ValidAlgorithms = Algorithms,
            IssuerSigningKeys = await provider.KeysAsync(string.IsNullOrEmpty(unproven.Kid) ? null : unproven.Kid, cancellationToken),
            RequireExpirationTime = what == "id_token",
            RequireSignedTokens = true,
            LifetimeValidator = IsAlive,
        };
        var result = await Handler.ValidateTokenAsync(text, parameters);
        return result is { IsValid: true, SecurityToken: JsonWebToken token } ? token : throw new OidcException($"its {what} is not good: {Reason(result.Exception)}", result.Exception);
    }

    private bool IsAlive(DateTime? notBefore, DateTime? expires, SecurityToken token, TokenValidationParameters parameters)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return (notBefore is not { } from || now >= from - Skew) && (expires is { } end ? now < end + Skew : !parameters.RequireExpirationTime);
    }

    private static string Reason(Exception? e) => e switch
    {
        SecurityTokenInvalidLifetimeException or SecurityTokenExpiredException => "it is not valid now (exp, nbf); compare the clocks of hub and provider",
        SecurityTokenInvalidIssuerException => "another issuer made it (iss)",
        SecurityTokenInvalidAudienceException => "it was made for another client (aud)",
        SecurityTokenSignatureKeyNotFoundException => "none of the provider's keys signed it",
        SecurityTokenInvalidAlgorithmException => "its algorithm is none that proves anything",
        SecurityTokenInvalidSignatureException => "its signature is wrong",
        null => "nobody knows why",
        _ => e.GetType().Name,
    };
}
