using Adit.Hub.Access.Audit;
using Adit.Hub.Storage;
using Dapper;

namespace Adit.Hub.Access;

/// <summary>The tokens in the database. Times are ISO 8601 in UTC.</summary>
internal sealed class TokenStore(Database database, TimeProvider time)
{
    public Task<IReadOnlyList<Token>> ListAsync() => database.ReadAsync<IReadOnlyList<Token>>(connection =>
        [.. connection.Query<Row>("SELECT * FROM tokens ORDER BY created, id").Select(r => r.ToToken())]);

    public Task AddAsync(Token token, IReadOnlyList<AuditEntry?> entries) => database.WriteAsync(connection =>
    {
        connection.Execute(
            """
            INSERT INTO tokens (id, name, account, is_admin, secret_hash, created, expires, max_tunnels, max_streams, bandwidth, max_runners, scopes)
            VALUES (@Id, @Name, @Account, @IsAdmin, @SecretHash, @Created, @Expires, @MaxTunnels, @MaxStreams, @Bandwidth, @MaxRunners, @Scopes)
            """,
            new
            {
                token.Id,
                token.Name,
                token.Account,
                token.IsAdmin,
                token.SecretHash,
                Created = token.Created.ToString("O"),
                Expires = token.Expires?.ToString("O"),
                token.MaxTunnels,
                token.MaxStreams,
                token.Bandwidth,
                token.MaxRunners,
                token.Scopes,
            });
        foreach (var entry in entries)
            AuditLog.Add(connection, entry, time.GetUtcNow());
    });

    public Task RevokeAsync(string id, DateTimeOffset at, AuditEntry? entry) => database.WriteAsync(connection =>
    {
        connection.Execute("UPDATE tokens SET revoked = @at WHERE id = @id AND revoked IS NULL", new { id, at = at.ToString("O") });
        AuditLog.Add(connection, entry, at);
    });

    public Task RemoveAsync(IReadOnlyList<string> ids) => database.WriteAsync(connection =>
    {
        foreach (var id in ids)
            connection.Execute("DELETE FROM tokens WHERE id = @id", new { id });
    });

    public Task SetLastUsedAsync(IReadOnlyList<(string Id, DateTimeOffset At)> uses) => database.WriteAsync(connection =>
    {
        foreach (var (id, at) in uses)
            connection.Execute("UPDATE tokens SET last_used = @at WHERE id = @id", new { id, at = at.ToString("O") });
    });

    private sealed class Row
    {
        public string Id { get; set; } = "";

        public string Name { get; set; } = "";

        public string Account { get; set; } = "";

        public bool Is_admin { get; set; }

        public byte[] Secret_hash { get; set; } = [];

        public string Created { get; set; } = "";

        public string? Expires { get; set; }

        public string? Revoked { get; set; }

        public string? Last_used { get; set; }

        public int? Max_tunnels { get; set; }

        public int? Max_streams { get; set; }

        public long? Bandwidth { get; set; }

        public int? Max_runners { get; set; }

        public string? Scopes { get; set; }

        public Token ToToken() => new()
        {
            Id = Id,
            Name = Name,
            Account = Account,
            IsAdmin = Is_admin,
            SecretHash = Secret_hash,
            Created = Time(Created)!.Value,
            Expires = Time(Expires),
            Revoked = Time(Revoked),
            LastUsed = Time(Last_used),
            MaxTunnels = Max_tunnels,
            MaxStreams = Max_streams,
            Bandwidth = Bandwidth,
            MaxRunners = Max_runners,
            Scopes = Scopes,
        };

        private static DateTimeOffset? Time(string? text) =>
            text is null ? null : DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
    }
}
