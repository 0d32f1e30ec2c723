using System.Security.Cryptography;
using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Permissions;

namespace Adit.Hub.S3;

/// <summary>A key of the S3 endpoint as it is stored. Immutable. It acts for its account, and never with an admin's role: of an account's rights those on volumes, or a part of them.</summary>
/// <param name="Id">What clients call the access key: <c>ADIT</c> and 16 of A-Z and 2-7.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Account">Whose it is.</param>
/// <param name="Project">The only project that it reaches; null for all.</param>
/// <param name="IsReadOnly">It never writes.</param>
/// <param name="Sealed">Its secret, sealed.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Expires">When it ends; null for never.</param>
internal sealed record S3Key(string Id, string? Name, string Account, string? Project, bool IsReadOnly, byte[] Sealed, DateTimeOffset Created, DateTimeOffset? Expires)
{
    private const string Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>What of its account's rights it may use.</summary>
    public ScopeSet Scopes { get; } = ScopeSet.Parse([$"volumes:{(IsReadOnly ? "read" : "write")}{(Project is null ? "" : "!project=" + Project)}"]);

    /// <summary>A new id: 80 random bits.</summary>
    public static string NewId() => "ADIT" + new string(RandomNumberGenerator.GetItems<char>(Digits, 16));

    /// <summary>A new secret: 40 characters, 238 random bits. None of them means anything to a shell or in an address.</summary>
    public static string NewSecret() => RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 40);

    /// <summary>Who it acts as now; null when its account may do nothing.</summary>
    public Caller? CallerFor(Account? account) => account is not { IsActive: true } ? null : new Caller
    {
        Identity = account,
        Role = account.EffectiveRole == PlatformRole.Admin ? PlatformRole.User : account.EffectiveRole,
        Scopes = Scopes,
        TokenId = "s3:" + Id,
        TokenName = Name ?? Id,
        Expires = Expires,
    };
}
