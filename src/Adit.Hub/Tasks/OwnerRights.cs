using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Projects;

namespace Adit.Hub.Tasks;

/// <summary>
/// Whether a task's owner may still have it run: asked when it gets a place or is started again, which may be long after somebody who was allowed to asked for it.
/// </summary>
internal sealed class OwnerRights(AccountDirectory accounts, ProjectDirectory projects)
{
    /// <summary>Whether the owner's account may do nothing any more.</summary>
    public bool IsGone(TaskRecord task) => accounts.Find(task.Account) is not { IsActive: true };

    /// <summary>Why it may not be started: one sentence; null when it may.</summary>
    public string? Refusal(TaskRecord task)
    {
        if (IsGone(task))
            return $"The account '{task.Account}', whose it is, is disabled or was removed.";
        if (accounts.Find(task.Account) is not { EffectiveRole: not PlatformRole.Admin } owner)
            return null;
        foreach (var project in new[] { task.Project, task.Spec.Workspace?.Project }.OfType<string>())
        {
            if (!(projects.Find(project)?.RoleOf(task.Account, owner.Groups) >= ProjectRole.Member))
                return $"Its owner '{task.Account}' is no longer a member of the project '{project}'.";
        }

        return null;
    }
}
