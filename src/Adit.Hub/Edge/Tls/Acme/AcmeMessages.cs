using System.Text.Json.Serialization;

namespace Adit.Hub.Edge.Tls.Acme;

/// <summary>Where an authority's resources are (RFC 8555 section 7.1.1).</summary>
internal sealed record AcmeDirectory(string NewNonce, string NewAccount, string NewOrder);

/// <summary>RFC 8555 section 7.3.</summary>
internal sealed record AcmeNewAccount(bool TermsOfServiceAgreed, IReadOnlyList<string>? Contact);

/// <summary>What a certificate is asked for.</summary>
internal sealed record AcmeIdentifier(string Type, string Value);

/// <summary>RFC 8555 section 7.4.</summary>
internal sealed record AcmeNewOrder(IReadOnlyList<AcmeIdentifier> Identifiers);

/// <summary>RFC 8555 section 7.1.3.</summary>
internal sealed record AcmeOrder(
    string Status, IReadOnlyList<string>? Authorizations, string? Finalize, string? Certificate, AcmeProblem? Error);

/// <summary>RFC 8555 section 7.1.4.</summary>
internal sealed record AcmeAuthorization(string Status, AcmeIdentifier? Identifier, IReadOnlyList<AcmeChallenge>? Challenges);

/// <summary>RFC 8555 section 8.</summary>
internal sealed record AcmeChallenge(string Type, string Url, string? Status, string? Token, AcmeProblem? Error);

/// <summary>RFC 8555 section 7.4: the CSR, base64url of DER.</summary>
internal sealed record AcmeFinalize(string Csr);

/// <summary>RFC 8555 section 6.7.</summary>
internal sealed record AcmeProblem(string? Type, string? Detail);

/// <summary>An EC key (RFC 7517, RFC 7518 section 6.2), its members in the order that RFC 7638 hashes.</summary>
internal sealed record AcmeJwk(string Crv, string Kty, string X, string Y);

/// <summary>A JWS protected header (RFC 8555 section 6.2).</summary>
internal sealed record AcmeHeader(string Alg, AcmeJwk? Jwk, string? Kid, string Nonce, string Url);

/// <summary>A flattened JWS (RFC 7515 section 7.2.2).</summary>
internal sealed record AcmeSigned(string Protected, string Payload, string Signature);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AcmeDirectory))]
[JsonSerializable(typeof(AcmeNewAccount))]
[JsonSerializable(typeof(AcmeNewOrder))]
[JsonSerializable(typeof(AcmeOrder))]
[JsonSerializable(typeof(AcmeAuthorization))]
[JsonSerializable(typeof(AcmeFinalize))]
[JsonSerializable(typeof(AcmeProblem))]
[JsonSerializable(typeof(AcmeJwk))]
[JsonSerializable(typeof(AcmeHeader))]
[JsonSerializable(typeof(AcmeSigned))]
internal sealed partial class AcmeJson : JsonSerializerContext;
