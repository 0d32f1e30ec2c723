using System.Globalization;
using Adit.Api;
using Adit.Hub.Storage;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Adit.Hub.Access.Accounts;

/// <summary>Accounts and groups in the database. Times are ISO 8601 in UTC.</summary>
internal sealed class AccountStore(Database database)
{
    public Task<(IReadOnlyList<Account> Accounts, IReadOnlyList<Group> Groups)> LoadAsync() => database.ReadAsync(connection =>
    {
        IReadOnlyList<Account> accounts = [.. connection.Query<Row>("SELECT * FROM accounts").Select(static r => r.ToAccount())];
        var members = connection.Query<(string Group, string Account, string Source)>("SELECT group_name, account, source FROM group_members")
            .ToLookup(static m => m.Group, static m => new GroupMember(m.Account, m.Source));
        IReadOnlyList<Group> groups =
        [
            .. connection.Query<(string Name, string? Role, string Created, long Version)>("SELECT name, role, created, version FROM account_groups")
                .Select(g => new Group
                {
                    Name = g.Name,
                    Role = g.Role is null ? null : Enum.Parse<PlatformRole>(g.Role, ignoreCase: true),
                    Created = Time(g.Created),
                    Version = g.Version,
                    Members = [.. members[g.Name]],
                }),
        ];
        return (accounts, groups);
    });

    public Task AddAsync(Account account) => database.WriteAsync(connection => connection.Execute(
        """
        INSERT INTO accounts (name, kind, role, project, display_name, email, source, subject, password_hash, state, created, last_sign_in, version)
        VALUES (@Name, @Kind, @Role, @Project, @DisplayName, @Email, @Source, @Subject, @PasswordHash, @State, @Created, @LastSignIn, @Version)
        """,
        Values(account)));

    /// <summary>Stores a change and, with it or not at all, what it is made for.</summary>
    public Task ChangeAsync(Account account, Action<SqliteConnection>? along) => database.WriteAsync(connection =>
    {
        along?.Invoke(connection);
        Change(connection, account);
    });

    /// <summary>Stores an account as deleted, and that it is in no group any more. Within a write.</summary>
    public static void Delete(SqliteConnection connection, Account account)
    {
        Change(connection, account);
        connection.Execute("UPDATE account_groups SET version = version + 1 WHERE name IN (SELECT group_name FROM group_members WHERE account = @Name)", new { account.Name });
        connection.Execute("DELETE FROM group_members WHERE account = @Name", new { account.Name });
    }

    /// <summary>Removes a group with its memberships. Within a write.</summary>
    public static void RemoveGroup(SqliteConnection connection, string name) => connection.Execute("DELETE FROM account_groups WHERE name = @name", new { name });

    public Task SetLastSignInAsync(string name, DateTimeOffset at) => database.WriteAsync(connection =>
        connection.Execute("UPDATE accounts SET last_sign_in = @at WHERE name = @name", new { name, at = Text(at) }));

    public Task SetGroupAsync(Group group) => database.WriteAsync(connection => connection.Execute(
        """
        INSERT INTO account_groups (name, role, created, version) VALUES (@Name, @role, @created, @Version)
        ON CONFLICT (name) DO UPDATE SET role = excluded.role, version = excluded.version
        """,
        new { group.Name, role = group.Role?.ToString().ToLowerInvariant(), created = Text(group.Created), group.Version }));

    /// <summary>Stores of which of these groups somebody is a member now, all at once.</summary>
    public Task SetMemberAsync(GroupMember member, IReadOnlyList<Group> groups) => database.WriteAsync(connection =>
    {
        foreach (var group in groups)
        {
            connection.Execute(
                "INSERT INTO account_groups (name, created, version) VALUES (@Name, @created, @Version) ON CONFLICT (name) DO UPDATE SET version = excluded.version",
                new { group.Name, created = Text(group.Created), group.Version });
            connection.Execute(
                group.Members.Contains(member)
                    ? "INSERT INTO group_members (group_name, account, source) VALUES (@group, @Account, @Source) ON CONFLICT DO NOTHING"
                    : "DELETE FROM group_members WHERE group_name = @group AND account = @Account AND source = @Source",
                new { group = group.Name, member.Account, member.Source });
        }
    });

    private static int Change(SqliteConnection connection, Account account) => connection.Execute(
        """
        UPDATE accounts SET kind = @Kind, role = @Role, display_name = @DisplayName, email = @Email, source = @Source, subject = @Subject,
               password_hash = @PasswordHash, state = @State, last_sign_in = @LastSignIn, version = @Version
        WHERE name = @Name
        """,
        Values(account));

    private static object Values(Account account) => new
    {
        account.Name,
        Kind = account.Kind.ToString().ToLowerInvariant(),
        Role = account.Role.ToString().ToLowerInvariant(),
        account.Project,
        account.DisplayName,
        account.Email,
        account.Source,
        account.Subject,
        account.PasswordHash,
        State = account.State.ToString().ToLowerInvariant(),
        Created = Text(account.Created),
        LastSignIn = account.LastSignIn is { } at ? Text(at) : null,
        account.Version,
    };

    private static string Text(DateTimeOffset at) => at.ToString("O", CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private sealed class Row
    {
        public string Name { get; set; } = "";

        public string Kind { get; set; } = "";

        public string Role { get; set; } = "";

        public string? Project { get; set; }

        public string? Display_name { get; set; }

        public string? Email { get; set; }

        public string Source { get; set; } = "";

        public string? Subject { get; set; }

        public string? Password_hash { get; set; }

        public string State { get; set; } = "";

        public string Created { get; set; } = "";

        public string? Last_sign_in { get; set; }

        public long Version { get; set; }

        public Account ToAccount() => new()
        {
            Name = Name,
            Kind = Enum.Parse<AccountKind>(Kind, ignoreCase: true),
            Role = Enum.Parse<PlatformRole>(Role, ignoreCase: true),
            Project = Project,
            DisplayName = Display_name,
            Email = Email,
            Source = Source,
            Subject = Subject,
            PasswordHash = Password_hash,
            State = Enum.Parse<AccountState>(State, ignoreCase: true),
            Created = Time(Created),
            LastSignIn = Last_sign_in is null ? null : Time(Last_sign_in),
            Version = Version,
        };
    }
}
