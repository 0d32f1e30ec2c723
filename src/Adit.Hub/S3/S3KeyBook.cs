using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Adit.Hub.Access;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Audit;
using Adit.Hub.Secrets;
using Adit.Hub.Storage;
using Dapper;

namespace Adit.Hub.S3;

/// <summary>All keys of the S3 endpoint in memory: a request asks no database. Changes are stored first and hold at once.</summary>
internal sealed class S3KeyBook(Database database, DataDirectory directory, AccountDirectory accounts, TimeProvider time)
{
    /// <summary>How many an account has at most.</summary>
    public const int MostPerAccount = 100;

    private const int Version = 1;

    private readonly ConcurrentDictionary<string, Entry> _keys = new();
    private readonly Lazy<SecretSeal> _seal = new(() => SecretSeal.In(directory));

    /// <summary>Every key.</summary>
    public IEnumerable<S3Key> All => _keys.Values.Select(static e => e.Key);

    /// <summary>Loads what is stored.</summary>
    public async Task LoadAsync()
    {
        foreach (var key in await database.ReadAsync(static connection => connection.Query<Row>("SELECT * FROM s3_keys").Select(static r => r.ToKey()).ToList()))
            _keys[key.Id] = new Entry(key);
    }

    /// <summary>The key of this id; null for none.</summary>
    public S3Key? Find(string id) => _keys.TryGetValue(id, out var entry) ? entry.Key : null;

    /// <summary>When it was last used since the hub started.</summary>
    public DateTimeOffset? LastUsed(string id) => _keys.TryGetValue(id, out var entry) ? entry.LastUsed : null;

    /// <summary>Makes a key. Its secret is in the answer and nowhere else in plain.</summary>
    public async Task<(S3Key Key, string Secret)> AddAsync(string? name, string account, string? project, bool isReadOnly, DateTimeOffset? expires, AuditEntry entry)
    {
        var (id, secret, now) = (S3Key.NewId(), S3Key.NewSecret(), time.GetUtcNow());
        var key = new S3Key(id, name, account, project, isReadOnly, _seal.Value.Seal(SealOf(id), Version, Encoding.ASCII.GetBytes(secret)), now, expires);
        await database.WriteAsync(connection =>
        {
            connection.Execute(
                "INSERT INTO s3_keys (id, name, account, project, read_only, sealed, created, expires) VALUES (@Id, @Name, @Account, @Project, @IsReadOnly, @Sealed, @Created, @Expires)",
                new { key.Id, key.Name, key.Account, key.Project, key.IsReadOnly, key.Sealed, Created = now.ToString("O"), Expires = expires?.ToString("O") });
            AuditLog.Add(connection, entry with { Target = "s3-key:" + id }, now);
        });
        _keys[id] = new Entry(key);
        return (key, secret);
    }

    /// <summary>Removes a key, at once and for ever.</summary>
    public async Task RemoveAsync(S3Key key, AuditEntry entry)
    {
        await database.WriteAsync(connection =>
        {
            connection.Execute("DELETE FROM s3_keys WHERE id = @Id", new { key.Id });
            AuditLog.Add(connection, entry, time.GetUtcNow());
        });
        _keys.TryRemove(key.Id, out _);
    }

    /// <summary>Who a key acts as now, and what its signatures of a day are made with; null when it is unknown, has ended, or its account may do nothing.</summary>
    public (Caller Caller, byte[] SigningKey)? Open(string id, string date, string region)
    {
        var now = time.GetUtcNow();
        if (!_keys.TryGetValue(id, out var entry) || entry.Key.Expires <= now || accounts.Find(entry.Key.Account) is not { IsActive: true } account)
            return null;
        if (entry.CallerFor(account) is not { } caller)
            return null;
        if (entry.Signing is not { } signing || signing.Date != date || signing.Region != region)
        {
            var key = entry.Key;
            if (_seal.Value.Open(new Secret { Key = SealOf(id), Sealed = key.Sealed, Version = Version, Created = key.Created, Changed = key.Created, ChangedBy = key.Account }) is not { } secret)
                return null;
            entry.Signing = signing = new SigningKey(date, region, Derive(secret, date, region));
        }

        entry.LastUsed = now;
        return (caller, signing.Bytes);
    }

    // AWS Signature Version 4, "Derive a signing key".
    private static byte[] Derive(string secret, string date, string region)
    {
        var key = HMACSHA256.HashData(Encoding.ASCII.GetBytes("AWS4" + secret), Encoding.ASCII.GetBytes(date));
        key = HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(region));
        key = HMACSHA256.HashData(key, "s3"u8);
        return HMACSHA256.HashData(key, "aws4_request"u8);
    }

    // No secret has such a name: a sealed value cannot be put in the place of another.
    private static SecretKey SealOf(string id) => new(null, "s3-key:" + id);

    private sealed record SigningKey(string Date, string Region, byte[] Bytes);

    private sealed class Entry(S3Key key)
    {
        private Caller? _caller;

        public S3Key Key => key;

        public SigningKey? Signing { get; set; }

        public DateTimeOffset? LastUsed { get; set; }

        public Caller? CallerFor(Account account) =>
            _caller is { } known && ReferenceEquals(known.Identity, account) ? known : _caller = key.CallerFor(account);
    }

    private sealed class Row
    {
        public string Id { get; set; } = "";

        public string? Name { get; set; }

        public string Account { get; set; } = "";

        public string? Project { get; set; }

        public bool Read_only { get; set; }

        public byte[] Sealed { get; set; } = [];

        public string Created { get; set; } = "";

        public string? Expires { get; set; }

        public S3Key ToKey() => new(Id, Name, Account, Project, Read_only, Sealed, Time(Created), Expires is null ? null : Time(Expires));

        private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
    }
}
