using System.Collections.Concurrent;
using System.Collections.Frozen;

namespace Adit.Hub.Access.Accounts;

/// <summary>
/// The groups of each account: what the groups say, turned round, so that nobody looks through all groups for one account. Changed by one
/// at a time; read by anybody. A set that was handed out never changes.
/// </summary>
internal sealed class Memberships
{
    private readonly ConcurrentDictionary<string, IReadOnlySet<string>> _groups = new(StringComparer.Ordinal);

    /// <summary>The names of an account's groups.</summary>
    public IReadOnlySet<string> Of(string account) => _groups.GetValueOrDefault(account, FrozenSet<string>.Empty);

    /// <summary>A group is not what it was, is new (no before) or is gone (no after).</summary>
    public void Replace(Group? before, Group? after)
    {
        var was = Accounts(before);
        var now = Accounts(after);
        foreach (var account in was.Except(now))
        {
            var left = Of(account).Where(name => name != before!.Name).ToHashSet(StringComparer.Ordinal);
            if (left.Count > 0)
                _groups[account] = left;
            else
                _groups.TryRemove(account, out _);
        }

        foreach (var account in now.Except(was))
            _groups[account] = new HashSet<string>(Of(account), StringComparer.Ordinal) { after!.Name };
    }

    private static HashSet<string> Accounts(Group? group) => group is null ? [] : new(group.Members.Select(static m => m.Account), StringComparer.Ordinal);
}
