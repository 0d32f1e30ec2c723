using System.Globalization;
using Adit.Hub.Storage;
using Dapper;

namespace Adit.Hub.Access.Sessions;

/// <summary>Sessions in the database. Times are ISO 8601 in UTC.</summary>
internal sealed class SessionStore(Database database)
{
    public Task<IReadOnlyList<(Session Session, DateTimeOffset LastSeen)>> LoadAsync() => database.ReadAsync<IReadOnlyList<(Session, DateTimeOffset)>>(connection =>
        [.. connection.Query<Row>("SELECT * FROM sessions").Select(static r => (r.ToSession(), Time(r.Last_seen)))]);

    public Task AddAsync(Session session) => database.WriteAsync(connection => connection.Execute(
        """
        INSERT INTO sessions (id, account, secret_hash, source, provider_sid, created, last_seen, ends, user_agent, address)
        VALUES (@Id, @Account, @SecretHash, @Source, @ProviderSid, @Created, @Created, @Ends, @UserAgent, @Address)
        """,
        new
        {
            session.Id,
            session.Account,
            session.SecretHash,
            session.Source,
            session.ProviderSid,
            Created = Text(session.Created),
            Ends = Text(session.Ends),
            session.UserAgent,
            session.Address,
        }));

    public Task RemoveAsync(IReadOnlyCollection<string> ids) => database.WriteAsync(connection =>
    {
        foreach (var id in ids)
            connection.Execute("DELETE FROM sessions WHERE id = @id", new { id });
    });

    public Task SetLastSeenAsync(IReadOnlyList<(string Id, DateTimeOffset At)> seen) => database.WriteAsync(connection =>
    {
        foreach (var (id, at) in seen)
            connection.Execute("UPDATE sessions SET last_seen = @at WHERE id = @id", new { id, at = Text(at) });
    });

    private static string Text(DateTimeOffset at) => at.ToString("O", CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private sealed class Row
    {
        public string Id { get; set; } = "";

        public string Account { get; set; } = "";

        public byte[] Secret_hash { get; set; } = [];

        public string Source { get; set; } = "";

        public string? Provider_sid { get; set; }

        public string Created { get; set; } = "";

        public string Last_seen { get; set; } = "";

        public string Ends { get; set; } = "";

        public string? User_agent { get; set; }

        public string? Address { get; set; }

        public Session ToSession() => new()
        {
            Id = Id,
            Account = Account,
            SecretHash = Secret_hash,
            Source = Source,
            ProviderSid = Provider_sid,
            Created = Time(Created),
            Ends = Time(Ends),
            UserAgent = User_agent,
            Address = Address,
        };
    }
}
