using Adit.Hub.Access;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Audit;

namespace Adit.Hub.Projects;

/// <summary>
/// Accounts of programs that work for a project. Its maintainers make them and their tokens (<see cref="TokenRights"/>); they end with it.
/// </summary>
internal sealed class ServiceAccounts(AccountDirectory accounts, AuditLog audit) : IProjectContent
{
    /// <summary>How many a project has at most.</summary>
    public const int MostOfOne = 100;

    /// <summary>Those of a project, by name; disabled ones too.</summary>
    public IEnumerable<Account> Of(string project) =>
        accounts.All.Where(a => a.Project == project && a.State != AccountState.Deleted).OrderBy(static a => a.Name, StringComparer.Ordinal);

    /// <summary>One of a project; null when it has none of that name.</summary>
    public Account? Find(string project, string name) => accounts.Find(name) is { State: not AccountState.Deleted } account && account.Project == project ? account : null;

    /// <summary>All tokens of theirs are dead with them; their names stay taken.</summary>
    public async Task RemoveAsync(string project, CancellationToken cancellationToken)
    {
        foreach (var account in Of(project).ToList())
        {
            await accounts.DeleteAsync(account.Name);
            await audit.RecordAsync(new AuditEntry("account.delete") { Via = "project:" + project, Target = "account:" + account.Name });
        }
    }
}
