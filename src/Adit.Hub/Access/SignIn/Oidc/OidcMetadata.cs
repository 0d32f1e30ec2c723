using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace Adit.Hub.Access.SignIn.Oidc;

/// <summary>What a provider says of itself (OpenID Connect Discovery 1.0, 3), and its keys.</summary>
internal sealed record OidcMetadata
{
    public required string Issuer { get; init; }

    public required Uri Authorization { get; init; }

    public required Uri Token { get; init; }

    public required Uri Keys { get; init; }

    /// <summary>Null when it has none.</summary>
    public Uri? UserInfo { get; init; }

    /// <summary>Where browsers sign out there (OpenID Connect RP-Initiated Logout 1.0, 2.1); null when it has no such place, or none that we go to.</summary>
    public Uri? EndSession { get; init; }

    /// <summary>Whether the client's secret goes into the form rather than into the Authorization header.</summary>
    public bool SecretInForm { get; init; }

    /// <summary>Reads the discovery document.</summary>
    /// <param name="document">JSON.</param>
    /// <param name="issuer">The issuer that it was fetched for: it must say the same of itself (4.3).</param>
    /// <exception cref="OidcException">It is none, or somebody else's.</exception>
    public static OidcMetadata Parse(ReadOnlyMemory<byte> document, Uri issuer)
    {
        try
        {
            using var json = JsonDocument.Parse(document);
            var root = json.RootElement;
            var said = Text(root, "issuer") ?? throw new OidcException("its discovery document names no issuer");
            if (said.TrimEnd('/') != issuer.AbsoluteUri.TrimEnd('/'))
                throw new OidcException($"its discovery document is that of the issuer {said}; set 'issuer' to exactly that, if it is right");
            return new OidcMetadata
            {
                Issuer = said,
                Authorization = Endpoint(root, "authorization_endpoint", issuer),
                Token = Endpoint(root, "token_endpoint", issuer),
                Keys = Endpoint(root, "jwks_uri", issuer),
                UserInfo = Text(root, "userinfo_endpoint") is null ? null : Endpoint(root, "userinfo_endpoint", issuer),
                EndSession = UsableEndpoint(root, "end_session_endpoint", issuer),
                SecretInForm = root.TryGetProperty("token_endpoint_auth_methods_supported", out var methods) && methods.ValueKind == JsonValueKind.Array
                    && methods.EnumerateArray().All(static m => m.ValueKind == JsonValueKind.String && m.GetString() != "client_secret_basic"),
            };
        }
        catch (JsonException e)
        {
            throw new OidcException("its discovery document is not JSON", e);
        }
        catch (InvalidOperationException e)
        {
            throw new OidcException("its discovery document is not one", e);
        }
    }

    /// <summary>Reads a set of keys (RFC 7517); those that sign nothing that we accept are left out.</summary>
    /// <exception cref="OidcException">It is none.</exception>
    public static IReadOnlyList<SecurityKey> ParseKeys(string document)
    {
        try
        {
            return [.. new JsonWebKeySet(document).GetSigningKeys().Where(static k => k is not SymmetricSecurityKey).Take(50)];
        }
        catch (Exception e) when (e is ArgumentException or JsonException or FormatException or InvalidOperationException)
        {
            throw new OidcException("its keys are not a JSON Web Key Set", e);
        }
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    // A document that came over TLS must not send secrets over anything less.
    private static Uri? UsableEndpoint(JsonElement root, string name, Uri issuer) =>
        Uri.TryCreate(Text(root, name), UriKind.Absolute, out var uri) && (uri.Scheme == "https" || (uri.Scheme == "http" && issuer.Scheme == "http" && uri.IsLoopback))
            ? uri
            : null;

    private static Uri Endpoint(JsonElement root, string name, Uri issuer) =>
        UsableEndpoint(root, name, issuer) ?? throw new OidcException($"its discovery document has no usable {name}");
}

/// <summary>A provider does not answer as it must. The message says how, for its admin.</summary>
internal sealed class OidcException(string message, Exception? cause = null) : Exception(message, cause);
