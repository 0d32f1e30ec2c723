using System.Collections.Concurrent;
using System.Globalization;
using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Audit;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Storage;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Adit.Hub.Access.Doors;

/// <summary>
/// Which applications of others somebody lets learn who they are. All in memory, for each request by session asks; changes are stored first.
/// A consent is for a route and whoever owned it then: when somebody else has the name, it is asked for anew.
/// </summary>
internal sealed class Consents(Database database, AccessCap cap, TimeProvider time) : IConsents, INameUse
{
    /// <summary>The most that an account has; the one given longest ago goes first.</summary>
    public const int MostPerAccount = 500;

    private readonly ConcurrentDictionary<(string Account, string Route), Held> _held = new();

    /// <summary>A consent is no more. Handlers must not block.</summary>
    public event Action? Removed;

    /// <summary>Loads what the database has.</summary>
    public async Task LoadAsync()
    {
        var rows = await database.ReadAsync<IReadOnlyList<(string Account, string Route, string Owner, string Host, string Given)>>(connection =>
            [.. connection.Query<(string, string, string, string, string)>("SELECT account, route, owner, host, given FROM consents")]);
        foreach (var (account, route, owner, host, given) in rows)
            _held[(account, route)] = new Held(owner, host, DateTimeOffset.Parse(given, CultureInfo.InvariantCulture));
    }

    /// <inheritdoc />
    /// <remarks>
    /// One's own is not asked about, nor what is in a project that one is a member of: whoever owns it is somebody whom the project's members
    /// work with, and knows their names from the list of members.
    /// </remarks>
    public bool IsNeeded(Route route, IDoorPerson person)
    {
        var policy = route.Policy;
        if (!cap.AsksConsent || policy.Owner == person.Account)
            return false;
        if (_held.TryGetValue((person.Account, route.Name), out var held) && held.Owner == policy.Owner)
            return false;
        return policy.Project is not { } project || !person.IsMemberOf(project);
    }

    /// <summary>The consents of an account, newest first.</summary>
    public IReadOnlyList<Consent> List(string account) =>
    [
        .. _held.Where(h => h.Key.Account == account).OrderByDescending(static h => h.Value.Given).ThenBy(static h => h.Key.Route, StringComparer.Ordinal)
            .Select(static h => new Consent { Route = h.Key.Route, Owner = h.Value.Owner, Host = h.Value.Host, Given = h.Value.Given }),
    ];

    /// <summary>Notes that somebody consents.</summary>
    /// <param name="account">Who.</param>
    /// <param name="route">To what.</param>
    /// <param name="host">The host that it was asked for.</param>
    /// <param name="entry">What the audit log is told.</param>
    /// <exception cref="StorageException">It could not be stored; nothing was changed.</exception>
    public async Task GiveAsync(string account, Route route, string host, AuditEntry? entry)
    {
        var held = new Held(route.Policy.Owner ?? "", host, time.GetUtcNow());
        var tooMany = List(account).Where(c => c.Route != route.Name).Skip(MostPerAccount - 1).Select(static c => c.Route).ToList();
        await database.WriteAsync(connection =>
        {
            connection.Execute(
                """
                INSERT INTO consents (account, route, owner, host, given) VALUES (@account, @Name, @Owner, @Host, @given)
                ON CONFLICT (account, route) DO UPDATE SET owner = excluded.owner, host = excluded.host, given = excluded.given
                """,
                new { account, route.Name, held.Owner, held.Host, given = held.Given.ToString("O", CultureInfo.InvariantCulture) });
            foreach (var old in tooMany)
                Delete(connection, account, old);
            AuditLog.Add(connection, entry, held.Given);
        });
        _held[(account, route.Name)] = held;
        foreach (var old in tooMany)
            _held.TryRemove((account, old), out _);
        if (tooMany.Count > 0)
            Removed?.Invoke();
    }

    /// <summary>Takes a consent back: what it has open is closed. False when there is none.</summary>
    /// <exception cref="StorageException">It could not be stored; nothing was changed.</exception>
    public async Task<bool> RemoveAsync(string account, string route, AuditEntry entry)
    {
        if (!_held.ContainsKey((account, route)))
            return false;
        await database.WriteAsync(connection =>
        {
            Delete(connection, account, route);
            AuditLog.Add(connection, entry, time.GetUtcNow());
        });
        _held.TryRemove((account, route), out _);
        Removed?.Invoke();
        return true;
    }

    /// <inheritdoc />
    public Task<IHeldNames> HoldAsync(string word) => Task.FromResult<IHeldNames>(new Gone(this, word));

    private static int Delete(SqliteConnection connection, string account, string route) =>
        connection.Execute("DELETE FROM consents WHERE account = @account AND route = @route", new { account, route });

    private sealed record Held(string Owner, string Host, DateTimeOffset Given);

    // What a deleted account let others learn, and what others let it learn.
    private sealed class Gone(Consents all, string word) : IHeldNames
    {
        private readonly string? _account = word.StartsWith(TunnelAccess.UserPrefix, StringComparison.Ordinal) ? word[TunnelAccess.UserPrefix.Length..] : null;

        public bool Any => Mine().Any();

        public void Store(SqliteConnection connection)
        {
            if (_account is not null)
                connection.Execute("DELETE FROM consents WHERE account = @_account OR owner = @_account", new { _account });
        }

        public void Apply()
        {
            foreach (var key in Mine().ToList())
                all._held.TryRemove(key, out _);
        }

        public void Dispose()
        {
            // Holds nothing: a deleted account gives no consent, and owns nothing that could be consented to.
        }

        private IEnumerable<(string Account, string Route)> Mine() => _account is null
            ? []
            : all._held.Where(h => h.Key.Account == _account || h.Value.Owner == _account).Select(static h => h.Key);
    }
}
