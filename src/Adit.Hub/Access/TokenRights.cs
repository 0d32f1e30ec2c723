using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Permissions;

namespace Adit.Hub.Access;

/// <summary>
/// Whose tokens a caller may see, make and revoke: its own; as an admin everybody's; and as a maintainer of a project those of the service
/// accounts that belong to it.
/// </summary>
internal sealed class TokenRights(AccountDirectory accounts, Authority authority)
{
    /// <summary>Whether a caller may see an account's tokens.</summary>
    public bool MaySee(Caller caller, string account) => authority.May(caller, Permission.TokensRead, Belonging(account));

    /// <summary>Whether a caller may revoke an account's tokens.</summary>
    public bool MayChange(Caller caller, string account) => authority.May(caller, Permission.TokensWrite, Belonging(account));

    /// <summary>Why a caller may not make a token for an account; null when it may.</summary>
    public string? RefusalToMake(Caller caller, string account, bool isAdmin)
    {
        if (isAdmin && !caller.IsAdmin)
            return "Only an admin makes tokens with admin rights.";
        if (!MayChange(caller, account) || (accounts.Find(account) is null && !caller.IsAdmin))
            return "You make tokens for your own account, and for service accounts of projects that you maintain; ask an admin for others.";
        // Each child would have the limit anew, so that limits of those who could make children would be none.
        return caller is { IsAdmin: false, HasLimits: true } ? "This token has limits and makes no other tokens; ask an admin for one." : null;
    }

    private Owned Belonging(string account) => new(account, accounts.Find(account)?.Project);
}
