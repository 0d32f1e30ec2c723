using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Audit;
using Adit.Hub.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Projects;

/// <summary>
/// A group that is removed is no member of any project any more: another of the same name, made later, must not inherit what it had. What
/// was not done when the hub ended is done at its next start.
/// </summary>
internal sealed partial class GroupMemberships(ProjectDirectory projects, AccountDirectory accounts, ILogger<GroupMemberships> log) : IHostedService
{
    /// <inheritdoc />
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        accounts.GroupRemoved += OnRemoved;
        var gone = projects.All.SelectMany(static p => p.Members).Where(static m => m.Kind == MemberKind.Group).Select(static m => m.Name).Distinct()
            .Where(name => accounts.FindGroup(name) is null).ToList();
        foreach (var group in gone)
            await ForgetAsync(group);
    }

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken)
    {
        accounts.GroupRemoved -= OnRemoved;
        return Task.CompletedTask;
    }

    private void OnRemoved(string group) => _ = ForgetAsync(group);

    private async Task ForgetAsync(string group)
    {
        try
        {
            foreach (var project in projects.All.Where(p => p.Members.Any(m => m.Kind == MemberKind.Group && m.Name == group)).ToList())
            {
                var entry = new AuditEntry("project.member.remove")
                {
                    Target = "project:" + project.Name,
                    Detail = new Dictionary<string, string> { ["member"] = "group:" + group, ["why"] = "the group was removed" },
                };
                await projects.RemoveMemberAsync(project.Name, MemberKind.Group, group, static (_, _) => { }, entry);
            }
        }
        catch (Exception e) when (e is StorageException or ProjectRefusal)
        {
            LogNotForgotten(group, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The removed group {Group} is still a member of projects, until the next start: {Reason}")]
    private partial void LogNotForgotten(string group, string reason);
}
