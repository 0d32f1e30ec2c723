using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Projects;

/// <summary>
/// A group or account that is removed is no member of any project any more: another group of the same name, made later, must not inherit
/// what it had. What an older hub left behind goes at the start: nobody is made a member before it is there.
/// </summary>
internal sealed partial class MemberNames(
    Database database, ProjectDirectory projects, AccountDirectory accounts, TimeProvider time, ILogger<MemberNames> log) : INameUse, IHostedService
{
    /// <inheritdoc />
    public Task<IHeldNames> HoldAsync(string word)
    {
        var isGroup = word.StartsWith(TunnelAccess.GroupPrefix, StringComparison.Ordinal);
        var name = word[(word.IndexOf(':', StringComparison.Ordinal) + 1)..];
        return Task.FromResult<IHeldNames>(new Held(projects, isGroup ? MemberKind.Group : MemberKind.Account, name, time.GetUtcNow()));
    }

    /// <inheritdoc />
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var gone = projects.All.SelectMany(static p => p.Members).Where(static m => m.Kind == MemberKind.Group).Select(static m => m.Name).Distinct()
            .Where(name => accounts.FindGroup(name) is null).ToList();
        foreach (var group in gone)
        {
            try
            {
                await database.WriteAsync(connection => ProjectStore.RemoveFromAll(connection, MemberKind.Group, group, time.GetUtcNow()));
                projects.Forget(MemberKind.Group, group);
            }
            catch (StorageException e)
            {
                LogNotForgotten(group, e.Message);
            }
        }
    }

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Error, Message = "The removed group {Group} is still a member of projects, until the next start: {Reason}")]
    private partial void LogNotForgotten(string group, string reason);

    private sealed class Held(ProjectDirectory projects, MemberKind kind, string name, DateTimeOffset at) : IHeldNames
    {
        public bool Any => projects.All.Any(p => p.Members.Any(m => m.Kind == kind && m.Name == name));

        public void Store(SqliteConnection connection) => ProjectStore.RemoveFromAll(connection, kind, name, at);

        public void Apply() => projects.Forget(kind, name);

        public void Dispose()
        {
            // Holds nothing: a project's end waits for its service accounts to be removed.
        }
    }
}
