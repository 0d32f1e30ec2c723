using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Adit.Hub.Access;

/// <summary>A stored API token: everything about it except the secret, of which only the SHA-256 is kept.</summary>
internal sealed record Token
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string Account { get; init; }

    public required bool IsAdmin { get; init; }

    public required byte[] SecretHash { get; init; }

    public required DateTimeOffset Created { get; init; }

    public DateTimeOffset? Expires { get; init; }

    public DateTimeOffset? Revoked { get; init; }

    public DateTimeOffset? LastUsed { get; init; }

    public int? MaxTunnels { get; init; }

    public int? MaxStreams { get; init; }

    public long? Bandwidth { get; init; }

    public int? MaxRunners { get; init; }

    /// <summary>What of its account's rights it may use, as <see cref="Permissions.ScopeSet"/> writes it; null for all.</summary>
    public string? Scopes { get; init; }

    public bool IsGood(DateTimeOffset now) => Revoked is null && (Expires is null || now < Expires);
}

/// <summary>
/// The text of a token: <c>adit_ID_SECRET</c>, the id 12 characters of hexadecimal, the secret 32 random bytes as base64url. 256 random
/// bits need no slow hash: there is no list of likely ones to try.
/// </summary>
internal readonly record struct TokenText(string Id, string Secret)
{
    public const string Prefix = "adit_";
    private const int IdLength = 12;
    private const int SecretLength = 43;

    public static TokenText Make() => new(
        Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdLength / 2)),
        Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)));

    public static TokenText? Parse(string? text)
    {
        if (text is null
            || text.Length != Prefix.Length + IdLength + 1 + SecretLength
            || !text.StartsWith(Prefix, StringComparison.Ordinal)
            || text[Prefix.Length + IdLength] != '_')
            return null;
        return new TokenText(text.Substring(Prefix.Length, IdLength), text[(Prefix.Length + IdLength + 1)..]);
    }

    public byte[] SecretHash() => SHA256.HashData(Encoding.ASCII.GetBytes(Secret));

    public override string ToString() => $"{Prefix}{Id}_{Secret}";
}
