using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Adit.Hub.Access.Sessions;

/// <summary>Somebody who is signed in with a browser: everything about it except the secret, of which only the SHA-256 is kept. Immutable.</summary>
internal sealed record Session
{
    /// <summary>Its id: no secret; 16 characters of hexadecimal.</summary>
    public required string Id { get; init; }

    /// <summary>The account's name.</summary>
    public required string Account { get; init; }

    /// <summary>SHA-256 of the cookie's secret.</summary>
    public required byte[] SecretHash { get; init; }

    /// <summary>How it was signed in: <c>local</c>, the name of a directory or provider, or <c>token:ID</c>.</summary>
    public required string Source { get; init; }

    /// <summary>The provider's own session, for its back-channel log-out; null when it did not say.</summary>
    public string? ProviderSid { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>When it ends, however much it is used.</summary>
    public required DateTimeOffset Ends { get; init; }

    /// <summary>What the browser called itself; at most 200 characters.</summary>
    public string? UserAgent { get; init; }

    /// <summary>The address that it was begun from, without port.</summary>
    public string? Address { get; init; }

    /// <summary>How a caller by this session is named in logs and tickets.</summary>
    public string TokenId => Prefix + Id;

    /// <summary>
    /// What the page must repeat in <c>X-Adit-Csrf</c>. It follows from the secret's hash, so that it needs no place of its own; who has
    /// only this has no session.
    /// </summary>
    public string Csrf => Base64Url.EncodeToString(HMACSHA256.HashData(SecretHash, "csrf"u8).AsSpan(0, 24));

    /// <summary>Before a session's id where tokens have theirs alone.</summary>
    public const string Prefix = "session:";
}

/// <summary>The value of the cookie: <c>ID.SECRET</c>, the id 16 characters of hexadecimal, the secret 32 random bytes as base64url.</summary>
internal readonly record struct SessionText(string Id, string Secret)
{
    private const int IdLength = 16;
    private const int SecretLength = 43;

    public static SessionText Make() => new(
        Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdLength / 2)),
        Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)));

    public static SessionText? Parse(string? text) =>
        text is { Length: IdLength + 1 + SecretLength } && text[IdLength] == '.' ? new SessionText(text[..IdLength], text[(IdLength + 1)..]) : null;

    public byte[] SecretHash() => SHA256.HashData(Encoding.UTF8.GetBytes(Secret));

    public override string ToString() => $"{Id}.{Secret}";
}
