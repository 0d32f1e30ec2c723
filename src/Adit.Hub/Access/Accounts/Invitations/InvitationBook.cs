using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Adit.Hub.Storage;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Adit.Hub.Access.Accounts.Invitations;

/// <summary>
/// Links with which somebody sets a first or a new password, once, within a week. An account has at most one: a new one ends the one
/// before. Of the code only the SHA-256 is kept.
/// </summary>
internal sealed class InvitationBook(Database database, TimeProvider time)
{
    /// <summary>How long one is good.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromDays(7);

    private const int IdLength = 12;
    private const int SecretLength = 43;

    /// <summary>Makes an invitation.</summary>
    /// <returns>Its code, <c>ID.SECRET</c>, and when it ends.</returns>
    public async Task<(string Code, DateTimeOffset Expires)> IssueAsync(string account, string createdBy)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdLength / 2));
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var now = time.GetUtcNow();
        var expires = now + Life;
        await database.WriteAsync(connection =>
        {
            connection.Execute("DELETE FROM invitations WHERE account = @account OR expires <= @now", new { account, now = Text(now) });
            connection.Execute(
                "INSERT INTO invitations (id, account, secret_hash, created_by, created, expires) VALUES (@id, @account, @hash, @createdBy, @now, @expires)",
                new { id, account, hash = Hash(secret), createdBy, now = Text(now), expires = Text(expires) });
        });
        return ($"{id}.{secret}", expires);
    }

    /// <summary>Whom an invitation is for, by its id, and when it ends; null when there is none or it is over.</summary>
    public async Task<(string Account, DateTimeOffset Expires)?> FindAsync(string id)
    {
        var rows = await database.ReadAsync(connection =>
            connection.Query<(string Account, string Expires)>("SELECT account, expires FROM invitations WHERE id = @id", new { id }).ToArray());
        if (rows is not [var (account, text)])
            return null;
        var expires = Time(text);
        return time.GetUtcNow() < expires ? (account, expires) : null;
    }

    /// <summary>Whom a code is for. It stays good: see <see cref="UseUp"/>.</summary>
    public async Task<string?> CheckAsync(string? code)
    {
        if (Parse(code) is not (var id, var secret))
            return null;
        var rows = await database.ReadAsync(connection =>
            connection.Query<Row>("SELECT account AS Account, secret_hash AS Hash, expires AS Expires FROM invitations WHERE id = @id", new { id }).ToArray());
        return rows is [var row] && CryptographicOperations.FixedTimeEquals(row.Hash, Hash(secret)) && time.GetUtcNow() < Time(row.Expires) ? row.Account : null;
    }

    /// <summary>Uses a checked code up, with what it is used for. On the database's writing thread.</summary>
    /// <exception cref="AccountRefusal">Somebody did before, or a newer one has ended it.</exception>
    public static void UseUp(SqliteConnection connection, string code)
    {
        if (connection.Execute("DELETE FROM invitations WHERE id = @id", new { id = code[..IdLength] }) != 1)
            throw new AccountRefusal(AccountRefusalCode.Unknown, "The invitation was used before.");
    }

    private static (string Id, string Secret)? Parse(string? code) =>
        code is { Length: IdLength + 1 + SecretLength } && code[IdLength] == '.' ? (code[..IdLength], code[(IdLength + 1)..]) : null;

    private static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    private static string Text(DateTimeOffset at) => at.ToString("O", CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private sealed class Row
    {
        public string Account { get; set; } = "";

        public byte[] Hash { get; set; } = [];

        public string Expires { get; set; } = "";
    }
}
