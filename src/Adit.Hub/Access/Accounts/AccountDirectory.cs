using System.Collections.Concurrent;
using Adit.Hub.Storage;

namespace Adit.Hub.Access.Accounts;

/// <summary>
/// All accounts and groups in memory: who somebody is is asked on every request and must not cost a query. Changes are stored first and
/// hold at once.
/// </summary>
internal sealed class AccountDirectory
{
    private readonly ConcurrentDictionary<string, Account> _accounts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Group> _groups = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly AccountStore _store;
    private readonly TimeProvider _time;

    private AccountDirectory(AccountStore store, TimeProvider time)
    {
        _store = store;
        _time = time;
    }

    /// <summary>An account was added or is not what it was: itself, its role or its groups. Handlers must not block.</summary>
    public event Action<Account>? Changed;

    /// <summary>Every account, deleted ones too; in no order.</summary>
    public ICollection<Account> All => _accounts.Values;

    /// <summary>Every group; in no order.</summary>
    public ICollection<Group> Groups => _groups.Values;

    /// <summary>Loads what the database has.</summary>
    public static async Task<AccountDirectory> LoadAsync(Database database, TimeProvider time)
    {
        var directory = new AccountDirectory(new AccountStore(database), time);
        var (accounts, groups) = await directory._store.LoadAsync();
        foreach (var group in groups)
            directory._groups[group.Name] = group;
        foreach (var account in accounts)
            directory._accounts[account.Name] = directory.WithGroups(account);
        return directory;
    }

    /// <summary>The account of this name, in whatever state; null when there never was one.</summary>
    public Account? Find(string name) => _accounts.GetValueOrDefault(name);

    /// <summary>The account that a source knows under this subject.</summary>
    public Account? FindBySubject(string source, string subject) =>
        _accounts.Values.FirstOrDefault(a => a.Source == source && a.Subject == subject);

    /// <summary>The group of this name.</summary>
    public Group? FindGroup(string name) => _groups.GetValueOrDefault(name);

    /// <summary>Adds an account.</summary>
    /// <exception cref="AccountRefusal">The name is taken, or was somebody's.</exception>
    public Task<Account> AddAsync(Account account) => InTurnAsync(async () =>
    {
        if (_accounts.ContainsKey(account.Name))
            throw new AccountRefusal(AccountRefusalCode.NameTaken, $"There is or was an account '{account.Name}'; take another name.");
        await _store.AddAsync(account);
        return Keep(account);
    });

    /// <summary>Changes an account.</summary>
    /// <param name="name">Whose.</param>
    /// <param name="change">Makes the new one of the one there is; it runs once and only if the version is right.</param>
    /// <param name="version">The version that the change was made for; null for whichever.</param>
    /// <exception cref="AccountRefusal">There is none, it was changed meanwhile, or no active admin would be left.</exception>
    public Task<Account> ChangeAsync(string name, Func<Account, Account> change, long? version = null) => InTurnAsync(async () =>
    {
        if (!_accounts.TryGetValue(name, out var before) || before.State == AccountState.Deleted)
            throw new AccountRefusal(AccountRefusalCode.Unknown, $"There is no account '{name}'.");
        if (version is { } expected && expected != before.Version)
            throw new AccountRefusal(AccountRefusalCode.Changed, $"The account '{name}' was changed meanwhile; look at it again and repeat the change.");
        var after = WithGroups(change(before) with { Version = before.Version + 1 });
        if (IsAdmin(before) && !IsAdmin(after) && !_accounts.Values.Any(a => a.Name != name && IsAdmin(a)))
            throw new AccountRefusal(AccountRefusalCode.LastAdmin, $"'{name}' is the last admin; make another one first.");
        await _store.ChangeAsync(after);
        return Keep(after);
    });

    /// <summary>Adds a group, or sets the role that its members have at least.</summary>
    /// <exception cref="AccountRefusal">It was changed meanwhile.</exception>
    public Task<Group> SetGroupAsync(string name, Api.PlatformRole? role, long? version = null) => InTurnAsync(async () =>
    {
        var before = FindGroup(name);
        if (version is { } expected && expected != (before?.Version ?? 0))
            throw new AccountRefusal(AccountRefusalCode.Changed, $"The group '{name}' was changed meanwhile; look at it again and repeat the change.");
        var group = before is null ? new Group { Name = name, Role = role, Created = _time.GetUtcNow() } : before with { Role = role, Version = before.Version + 1 };
        await _store.SetGroupAsync(group);
        KeepGroup(group);
        return group;
    });

    /// <summary>Removes a group with its memberships. False when there is none.</summary>
    public Task<bool> RemoveGroupAsync(string name) => InTurnAsync(async () =>
    {
        if (!_groups.TryGetValue(name, out var group))
            return false;
        await _store.RemoveGroupAsync(name);
        _groups.TryRemove(name, out _);
        Refresh(group.Members.Select(static m => m.Account));
        return true;
    });

    /// <summary>Says of which groups an account is a member, as far as one source knows; what other sources say stays. Groups that are missing are made.</summary>
    public Task SetGroupsAsync(string account, string source, IReadOnlyCollection<string> groups) => InTurnAsync(async () =>
    {
        var now = _time.GetUtcNow();
        var member = new GroupMember(account, source);
        var changed = new List<Group>();
        foreach (var name in groups.Distinct(StringComparer.Ordinal))
        {
            var group = FindGroup(name) ?? new Group { Name = name, Created = now };
            if (!group.Members.Contains(member))
                changed.Add(group with { Members = [.. group.Members, member] });
        }

        foreach (var group in _groups.Values.Where(g => g.Members.Contains(member) && !groups.Contains(g.Name)))
            changed.Add(group with { Members = [.. group.Members.Where(m => m != member)] });
        if (changed.Count == 0)
            return true;
        await _store.SetMemberAsync(member, changed);
        foreach (var group in changed)
            _groups[group.Name] = group;
        Refresh([account]);
        return true;
    });

    private static bool IsAdmin(Account account) => account is { IsActive: true, Kind: AccountKind.Person, EffectiveRole: Api.PlatformRole.Admin };

    private Account WithGroups(Account account)
    {
        var groups = _groups.Values.Where(g => g.Members.Any(m => m.Account == account.Name)).ToArray();
        var role = groups.Select(static g => g.Role ?? Api.PlatformRole.User).Append(account.Role).Max();
        return account with { Groups = groups.Select(static g => g.Name).ToHashSet(StringComparer.Ordinal), EffectiveRole = role };
    }

    private Account Keep(Account account)
    {
        account = WithGroups(account);
        _accounts[account.Name] = account;
        Changed?.Invoke(account);
        return account;
    }

    private void KeepGroup(Group group)
    {
        _groups[group.Name] = group;
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

    private async Task<T> InTurnAsync<T>(Func<Task<T>> change)
    {
        await _turn.WaitAsync();
        try
        {
            return await change();
        }
        finally
        {
            _turn.Release();
        }
    }
}
