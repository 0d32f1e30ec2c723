using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Permissions;

namespace Adit.Hub.Runners;

/// <summary>Who may see, use and change a runner: one that an admin brought is for everybody unless it is private, any other for whoever brought it.</summary>
internal sealed class RunnerRights(AccountDirectory accounts, Authority authority)
{
    /// <summary>Whether an account's tasks may run there.</summary>
    public bool MayUse(string account, RunnerRecord runner) => runner.Account == account || IsForAll(runner);

    /// <summary>Whether a caller may see it.</summary>
    public bool MaySee(Caller caller, RunnerRecord runner) =>
        caller.Scopes.Covers(Permission.RunnersRead, null) && (IsForAll(runner) || authority.May(caller, Permission.RunnersRead, runner.Belonging));

    /// <summary>Whether a caller may change it.</summary>
    public bool MayChange(Caller caller, RunnerRecord runner) => authority.May(caller, Permission.RunnersWrite, runner.Belonging);

    /// <summary>Whether everybody's tasks may run there.</summary>
    public bool IsForAll(RunnerRecord runner) => !runner.IsPrivate && IsOfAdmin(runner);

    /// <summary>Whether its owner is an admin, without whom it cannot be shared.</summary>
    public bool IsOfAdmin(RunnerRecord runner) => accounts.Find(runner.Account) is { IsActive: true, EffectiveRole: PlatformRole.Admin };
}
