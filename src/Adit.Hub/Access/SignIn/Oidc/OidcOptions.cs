namespace Adit.Hub.Access.SignIn.Oidc;

/// <summary>A provider that people sign in with (OpenID Connect): an entry of <c>sign-in</c> in <c>adit.yaml</c> with <c>kind: oidc</c>.</summary>
public sealed record OidcOptions : SignInOptions
{
    /// <summary>The provider: its <c>/.well-known/openid-configuration</c> says the rest. https, or http on loopback.</summary>
    public required Uri Issuer { get; init; }

    /// <summary>What the provider calls this hub.</summary>
    public required string ClientId { get; init; }

    /// <summary>The file with the secret that goes with it; null for a public client.</summary>
    public string? ClientSecretFile { get; init; }

    /// <summary>What is asked for.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = ["openid", "profile", "email"];

    /// <summary>The claim that becomes the account's name.</summary>
    public string NameClaim { get; init; } = "preferred_username";

    /// <summary>The claim with the e-mail address.</summary>
    public string EmailClaim { get; init; } = "email";

    /// <summary>The claim with the name for people.</summary>
    public string DisplayNameClaim { get; init; } = "name";

    /// <summary>The claim that lists groups; null when groups are none of the provider's business.</summary>
    public string? GroupsClaim { get; init; }

    /// <summary>The root that the provider's certificate comes from, PEM; the system's roots when not set.</summary>
    public string? CaFile { get; init; }

    /// <summary>
    /// Whether signing out here leads on to the provider's log-out; otherwise the sign-in page offers it. Either needs a provider with an
    /// <c>end_session_endpoint</c>.
    /// </summary>
    public bool LogsOutAtProvider { get; init; }

    /// <summary>How long one request to the provider may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);
}
