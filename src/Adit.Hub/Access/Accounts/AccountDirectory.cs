using System.Collections.Concurrent;
using Adit.Hub.Storage;
using Microsoft.Data.Sqlite;

namespace Adit.Hub.Access.Accounts;

/// <summary>
/// All accounts and groups in memory: who somebody is is asked on every request and must not cost a query. Changes are stored first and
/// hold at once.
/// </summary>
internal sealed class AccountDirectory
{
    private readonly ConcurrentDictionary<string, Account> _accounts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Source, string Subject), string> _subjects = new();
    private readonly ConcurrentDictionary<string, Group> _groups = new(StringComparer.Ordinal);
    private readonly Memberships _memberships = new();
    private readonly Turns _turns = new();
    private readonly AccountStore _store;
    private readonly TimeProvider _time;

    private AccountDirectory(Database database, TimeProvider time)
    {
        _store = new AccountStore(database);
        _time = time;
        Uses = new NameUses(database);
    }

    /// <summary>An account was added or is not what it was: itself, its role or its groups. Handlers must not block.</summary>
    public event Action<Account>? Changed;

    /// <summary>What names accounts and groups elsewhere: it forgets them with their removal.</summary>
    public NameUses Uses { get; }

    /// <summary>Every account, deleted ones too; in no order.</summary>
    public ICollection<Account> All => _accounts.Values;

    /// <summary>Every group; in no order.</summary>
    public ICollection<Group> Groups => _groups.Values;

    /// <summary>Loads what the database has.</summary>
    public static async Task<AccountDirectory> LoadAsync(Database database, TimeProvider time)
    {
        var directory = new AccountDirectory(database, time);
        var (accounts, groups) = await directory._store.LoadAsync();
        foreach (var group in groups)
            directory.Put(group);
        foreach (var account in accounts)
            directory.Put(directory.WithGroups(account));
        return directory;
    }

    /// <summary>The account of this name, in whatever state; null when there never was one.</summary>
    public Account? Find(string name) => _accounts.GetValueOrDefault(name);

    /// <summary>The account that a source knows under this subject.</summary>
    public Account? FindBySubject(string source, string subject) =>
        _subjects.TryGetValue((source, subject), out var name) ? Find(name) : null;

    /// <summary>Whether no other account has an e-mail address, in whatever case: applications take it for who somebody is.</summary>
    public bool IsFree(string email, string account) =>
        !_accounts.Values.Any(a => a.Email is { } theirs && a.Name != account && theirs.Equals(email, StringComparison.OrdinalIgnoreCase));

    /// <summary>The group of this name.</summary>
    public Group? FindGroup(string name) => _groups.GetValueOrDefault(name);

    /// <summary>Adds an account.</summary>
    /// <exception cref="AccountRefusal">The name is taken, or was somebody's; or another has its e-mail address.</exception>
    public Task<Account> AddAsync(Account account) => _turns.TakeAsync(async () =>
    {
        if (_accounts.ContainsKey(account.Name))
            throw new AccountRefusal(AccountRefusalCode.NameTaken, $"There is or was an account '{account.Name}'; take another name.");
        EnsureEmail(account);
        await _store.AddAsync(account);
        return Keep(account);
    });

    /// <summary>Changes an account.</summary>
    /// <param name="name">Whose.</param>
    /// <param name="change">Makes the new one of the one there is; it runs once and only if the version is right.</param>
    /// <param name="version">The version that the change was made for; null for whichever.</param>
    /// <param name="along">What is stored with it, or not at all: on the database's writing thread; what it throws undoes both.</param>
    /// <exception cref="AccountRefusal">There is none, it was changed meanwhile, another has the e-mail address, or no active admin would be left.</exception>
    public Task<Account> ChangeAsync(string name, Func<Account, Account> change, long? version = null, Action<SqliteConnection>? along = null) => _turns.TakeAsync(async () =>
    {
        var before = EnsureVersion(name, version);
        var after = WithGroups(change(before) with { Version = before.Version + 1 });
        if (!IsAdmin(after))
            EnsureOtherAdmin(before);
        if (after.Email != before.Email)
            EnsureEmail(after);
        await _store.ChangeAsync(after, along);
        return Keep(after);
    });

    /// <summary>
    /// Deletes an account: what is personal goes, its groups and whatever named it too; the name and what its source calls it stay taken, so
    /// that nobody inherits it.
    /// </summary>
    /// <inheritdoc cref="ChangeAsync" path="/exception"/>
    public Task DeleteAsync(string name, long? version = null) => _turns.TakeAsync(async () =>
    {
        var before = EnsureVersion(name, version);
        EnsureOtherAdmin(before);
        var after = before with
        {
            State = AccountState.Deleted,
            PasswordHash = null,
            Email = null,
            DisplayName = null,
            Version = before.Version + 1,
        };
        var word = Api.TunnelAccess.UserPrefix + name;
        await Uses.RemoveAsync(word, connection => AccountStore.Delete(connection, after));
        foreach (var group in _memberships.Of(name).Select(FindGroup).OfType<Group>().ToArray())
            Put(group with { Members = [.. group.Members.Where(m => m.Account != name)], Version = group.Version + 1 });
        after = Keep(after);
        await Uses.RemoveAsync(word); // What was just being written when we looked.
        return after;
    });

    /// <summary>Notes that somebody signed in just now. That is no change that two could make at once: the version stays.</summary>
    public Task SignedInAsync(string name, DateTimeOffset at) => _turns.TakeAsync(async () =>
    {
        if (!_accounts.TryGetValue(name, out var before))
            return false;
        await _store.SetLastSignInAsync(name, at);
        Put(before with { LastSignIn = at });
        return true;
    });

    /// <summary>Adds a group, or sets the role that its members have at least.</summary>
    /// <exception cref="AccountRefusal">It was changed meanwhile, or no active admin would be left.</exception>
    public Task<Group> SetGroupAsync(string name, Api.PlatformRole? role, long? version = null) => _turns.TakeAsync(async () =>
    {
        var before = FindGroup(name);
        if (before?.Role == Api.PlatformRole.Admin && role != Api.PlatformRole.Admin)
            EnsureAdminWithout(name);
        EnsureVersion(before, version);
        var group = before is null ? new Group { Name = name, Role = role, Created = _time.GetUtcNow() } : before with { Role = role, Version = before.Version + 1 };
        await _store.SetGroupAsync(group);
        KeepGroup(group);
        return group;
    });

    /// <summary>Removes a group with its memberships, from whatever named it too. False when there is none.</summary>
    /// <exception cref="AccountRefusal">It was changed meanwhile, or no active admin would be left.</exception>
    public Task<bool> RemoveGroupAsync(string name, long? version = null) => _turns.TakeAsync(async () =>
    {
        if (!_groups.TryGetValue(name, out var group))
            return false;
        EnsureVersion(group, version);
        if (group.Role == Api.PlatformRole.Admin)
            EnsureAdminWithout(name);
        var word = Api.TunnelAccess.GroupPrefix + name;
        await Uses.RemoveAsync(word, connection => AccountStore.RemoveGroup(connection, name));
        _groups.TryRemove(name, out _);
        _memberships.Replace(group, null);
        Refresh(group.Members.Select(static m => m.Account));
        await Uses.RemoveAsync(word); // What was just being written when we looked.
        return true;
    });

    /// <summary>
    /// Says of which groups an account is a member, as far as one source knows; what other sources say stays. Groups that are missing are made.
    /// </summary>
    /// <returns>The groups that it joined and that it left.</returns>
    /// <exception cref="AccountRefusal">There is no such account.</exception>
    public Task<(IReadOnlyList<string> Joined, IReadOnlyList<string> Left)> SetGroupsAsync(string account, string source, IReadOnlyCollection<string> groups) =>
        _turns.TakeAsync(async () =>
        {
            EnsureKnown(account);
            var member = new GroupMember(account, source);
            var (joined, left) = (new List<Group>(), new List<Group>());
            foreach (var name in groups.Distinct(StringComparer.Ordinal))
            {
                var group = FindGroup(name) ?? new Group { Name = name, Created = _time.GetUtcNow() };
                if (!group.Members.Contains(member))
                    joined.Add(With(group, member));
            }

            foreach (var group in _memberships.Of(account).Select(FindGroup).OfType<Group>().Where(g => g.Members.Contains(member) && !groups.Contains(g.Name)))
                left.Add(Without(group, member));
            await StoreMemberAsync(member, [.. joined, .. left]);
            return ((IReadOnlyList<string>)Names(joined), (IReadOnlyList<string>)Names(left));
        });

    /// <summary>Puts an account into a group or takes it out, on an admin's word.</summary>
    /// <returns>Whether that changed anything.</returns>
    /// <exception cref="AccountRefusal">
    /// There is no such account or group, a directory says that it is a member and would say so again, or no active admin would be left.
    /// </exception>
    public Task<bool> SetMemberAsync(string groupName, string account, bool isMember) => _turns.TakeAsync(async () =>
    {
        EnsureKnown(account);
        var group = FindGroup(groupName) ?? throw new AccountRefusal(AccountRefusalCode.Unknown, $"There is no group '{groupName}'.");
        var member = new GroupMember(account, Account.LocalSource);
        if (group.Members.Contains(member) == isMember)
        {
            if (!isMember && group.Members.FirstOrDefault(m => m.Account == account) is { } other)
                throw new AccountRefusal(AccountRefusalCode.NotHere, $"'{account}' is in '{groupName}' because {other.Source} says so; take it out there.");
            return false;
        }

        if (!isMember && group.Role == Api.PlatformRole.Admin && _accounts[account] is { Role: not Api.PlatformRole.Admin } leaving)
            EnsureOtherAdmin(leaving);
        await StoreMemberAsync(member, [isMember ? With(group, member) : Without(group, member)]);
        return true;
    });

    private static bool IsAdmin(Account account) => account is { IsActive: true, Kind: AccountKind.Person, EffectiveRole: Api.PlatformRole.Admin };

    private static Group With(Group group, GroupMember member) => group with { Members = [.. group.Members, member], Version = group.Version + 1 };

    private static Group Without(Group group, GroupMember member) =>
        group with { Members = [.. group.Members.Where(m => m != member)], Version = group.Version + 1 };

    private static string[] Names(IEnumerable<Group> groups) => [.. groups.Select(static g => g.Name)];

    private static void EnsureVersion(Group? group, long? version)
    {
        if (version is { } expected && expected != (group?.Version ?? 0))
            throw new AccountRefusal(AccountRefusalCode.Changed, $"The group '{group?.Name}' was changed meanwhile; look at it again and repeat the change.");
    }

    private Account EnsureKnown(string account) => Find(account) is { State: not AccountState.Deleted } known
        ? known
        : throw new AccountRefusal(AccountRefusalCode.Unknown, $"There is no account '{account}'.");

    private Account EnsureVersion(string account, long? version)
    {
        var known = EnsureKnown(account);
        return version is { } expected && expected != known.Version
            ? throw new AccountRefusal(AccountRefusalCode.Changed, $"The account '{account}' was changed meanwhile; look at it again and repeat the change.")
            : known;
    }

    private void EnsureEmail(Account account)
    {
        if (account.Email is { } email && !IsFree(email, account.Name))
            throw new AccountRefusal(AccountRefusalCode.EmailTaken, $"Another account has the e-mail address '{email}'; applications could take one for the other.");
    }

    private void EnsureOtherAdmin(Account leaving)
    {
        if (IsAdmin(leaving) && !_accounts.Values.Any(a => a.Name != leaving.Name && IsAdmin(a)))
            throw new AccountRefusal(AccountRefusalCode.LastAdmin, $"'{leaving.Name}' is the last admin; make another one first.");
    }

    // Whoever is an admin by this group alone is none without it.
    private void EnsureAdminWithout(string group)
    {
        var stays = _accounts.Values.Any(a => a is { IsActive: true, Kind: AccountKind.Person }
            && (a.Role == Api.PlatformRole.Admin || a.Groups.Any(g => g != group && FindGroup(g)?.Role == Api.PlatformRole.Admin)));
        if (!stays)
            throw new AccountRefusal(AccountRefusalCode.LastAdmin, $"All admins are so by the group '{group}'; make another one first.");
    }

    private async Task StoreMemberAsync(GroupMember member, IReadOnlyList<Group> changed)
    {
        if (changed.Count == 0)
            return;
        await _store.SetMemberAsync(member, changed);
        foreach (var group in changed)
            Put(group);
        Refresh([member.Account]);
    }

    private Account WithGroups(Account account)
    {
        var names = _memberships.Of(account.Name);
        var role = names.Select(name => FindGroup(name)?.Role ?? Api.PlatformRole.User).Append(account.Role).Max();
        return account with { Groups = names, EffectiveRole = role };
    }

    private Account Keep(Account account)
    {
        account = WithGroups(account);
        Put(account);
        Changed?.Invoke(account);
        return account;
    }

    private void Put(Account account)
    {
        _accounts[account.Name] = account;
        if (account.Subject is { } subject)
            _subjects[(account.Source, subject)] = account.Name;
    }

    private void Put(Group group)
    {
        _memberships.Replace(FindGroup(group.Name), group);
        _groups[group.Name] = group;
    }

    private void KeepGroup(Group group)
    {
        Put(group);
        Refresh(group.Members.Select(static m => m.Account));
    }

    private void Refresh(IEnumerable<string> names)
    {
        foreach (var name in names.Distinct(StringComparer.Ordinal))
        {
            if (_accounts.TryGetValue(name, out var account))
                Keep(account);
        }
    }
}
