using System.Text.Json;
using System.Text.Json.Serialization;

namespace Adit.Api;

/// <summary>GET /api/v1/session: who one is. Also the answer to every way of signing in.</summary>
public sealed record CurrentSession
{
    /// <summary>The session's id; null for a token.</summary>
    public string? Id { get; init; }

    /// <summary>The account's name.</summary>
    public required string Account { get; init; }

    /// <summary>What people call it.</summary>
    public string? DisplayName { get; init; }

    /// <summary>Where it gets post.</summary>
    public string? Email { get; init; }

    /// <summary>The role it acts with.</summary>
    public required PlatformRole Role { get; init; }

    /// <summary>The account's groups, by name.</summary>
    public required IReadOnlyList<string> Groups { get; init; }

    /// <summary>How it was signed in: <c>local</c>, a directory or provider's name, or <c>token:ID</c>.</summary>
    public required string Source { get; init; }

    /// <summary>Who vouches for the account, however it was signed in: <c>local</c>, or a directory or provider's name.</summary>
    public string AccountSource { get; set; } = "local";

    /// <summary>What requests that change anything must have in <c>X-Adit-Csrf</c>; null for a token, which needs none.</summary>
    public string? Csrf { get; init; }

    /// <summary>What a token may do of what its account may; null for all.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <summary>When it ends by itself; null for a token without end.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>True when the account is the hub's own and has no password yet.</summary>
    public bool? MustSetPassword { get; init; }
}

/// <summary>
/// What DELETE /api/v1/session answers when its browser is still signed in at the provider that it came by; otherwise it answers nothing (204).
/// </summary>
public sealed record SignedOut
{
    /// <summary>The provider's log-out (OpenID Connect RP-Initiated Logout 1.0); from there the browser comes back to the sign-in page.</summary>
    public required string ProviderUrl { get; init; }

    /// <summary>What people call the provider.</summary>
    public required string ProviderTitle { get; init; }

    /// <summary>Whether to go there at once; otherwise it is offered.</summary>
    public required bool Follow { get; init; }
}

/// <summary>A session in a list.</summary>
public sealed record BrowserSession
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>Whose it is.</summary>
    public required string Account { get; init; }

    /// <summary>How it was signed in.</summary>
    public required string Source { get; init; }

    /// <summary>Since when.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it was last used, to half a minute.</summary>
    public required DateTimeOffset LastSeen { get; init; }

    /// <summary>When it ends, however much it is used.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>What the browser called itself.</summary>
    public string? UserAgent { get; init; }

    /// <summary>Where it was begun from.</summary>
    public string? Address { get; init; }

    /// <summary>Whether it is the one that asks.</summary>
    public bool Current { get; init; }
}

/// <summary>GET /api/v1/sessions, the last used first.</summary>
public sealed record SessionList
{
    /// <summary>The sessions.</summary>
    public required IReadOnlyList<BrowserSession> Items { get; init; }

    /// <summary>Always null: an account has few sessions.</summary>
    public string? Next { get; init; }
}

/// <summary>GET /api/v1/sign-in: the ways in, in the order to offer them.</summary>
public sealed record SignInSources
{
    /// <summary>The ways.</summary>
    public required IReadOnlyList<SignInSource> Sources { get; init; }

    /// <summary>What a password of the hub's own accounts has to be when it is set.</summary>
    public required PasswordRule Password { get; init; }
}

/// <summary>How long a password may be. The hub looks at more: it must not be one's own name, say.</summary>
public sealed record PasswordRule
{
    /// <summary>The fewest characters.</summary>
    public required int MinLength { get; init; }

    /// <summary>The most characters.</summary>
    public required int MaxLength { get; init; }
}

/// <summary>One way to sign in.</summary>
public sealed record SignInSource
{
    /// <summary>Its name: <c>local</c>, or as configured.</summary>
    public required string Name { get; init; }

    /// <summary><c>local</c> and <c>ldap</c> take a name and a password; <c>oidc</c> begins at <see cref="Start"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>What people call it.</summary>
    public required string Title { get; init; }

    /// <summary>Where the browser goes.</summary>
    public string? Start { get; init; }
}

/// <summary>POST /api/v1/sign-in.</summary>
public sealed record SignInRequest
{
    /// <summary>Which way; null finds out by the account.</summary>
    public string? Source { get; init; }

    /// <summary>The name.</summary>
    public required string Name { get; init; }

    /// <summary>The password.</summary>
    public required string Password { get; init; }
}

/// <summary>POST /api/v1/sign-in/token.</summary>
public sealed record TokenSignInRequest
{
    /// <summary>A token with all of its account's rights.</summary>
    public required string Token { get; init; }
}

/// <summary>JSON of this resource, source-generated.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CurrentSession))]
[JsonSerializable(typeof(SignedOut))]
[JsonSerializable(typeof(SessionList))]
[JsonSerializable(typeof(SignInSources))]
[JsonSerializable(typeof(SignInRequest))]
[JsonSerializable(typeof(TokenSignInRequest))]
public sealed partial class SessionsJson : JsonSerializerContext;
