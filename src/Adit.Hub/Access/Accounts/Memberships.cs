using System.Collections.Immutable;

namespace Adit.Hub.Access.Accounts;

/// <summary>
/// The groups of each account: what the groups say, turned round, so that nobody looks through all groups for one account. Changed by one
/// at a time; read by anybody.
/// </summary>
internal sealed class Memberships
{
    private ImmutableDictionary<string, ImmutableHashSet<string>> _groups = ImmutableDictionary<string, ImmutableHashSet<string>>.Empty;

    /// <summary>The names of an account's groups.</summary>
    public IReadOnlySet<string> Of(string account) => Volatile.Read(ref _groups).GetValueOrDefault(account, []);

    /// <summary>A group is not what it was, is new (no before) or is gone (no after).</summary>
    public void Replace(Group? before, Group? after)
    {
        var was = Accounts(before);
        var now = Accounts(after);
        var next = _groups.ToBuilder();
        foreach (var account in was.Except(now))
            next[account] = next[account].Remove(before!.Name);
        foreach (var account in now.Except(was))
            next[account] = next.GetValueOrDefault(account, []).Add(after!.Name);
        Volatile.Write(ref _groups, next.ToImmutable());
    }

    private static HashSet<string> Accounts(Group? group) => group is null ? [] : [.. group.Members.Select(static m => m.Account)];
}
