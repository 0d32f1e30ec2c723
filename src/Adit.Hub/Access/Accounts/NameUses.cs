using Adit.Hub.Storage;
using Microsoft.Data.Sqlite;

namespace Adit.Hub.Access.Accounts;

/// <summary>
/// What a slice has stored that names groups and accounts, and lets go of when one is removed: a group of that name that is made later is
/// another one and must not inherit it.
/// </summary>
internal interface INameUse
{
    /// <summary>Finds what names it, and keeps that from being changed until it is disposed of.</summary>
    /// <param name="word"><c>group:NAME</c> or <c>user:NAME</c>, as policies say it.</param>
    Task<IHeldNames> HoldAsync(string word);
}

/// <summary>What names somebody who is about to be removed. Disposed of in any case; used once.</summary>
internal interface IHeldNames : IDisposable
{
    /// <summary>Whether there is anything.</summary>
    bool Any { get; }

    /// <summary>
    /// Stores all of it without the name, and says so in the audit log. On the database's writing thread, in the transaction that removes
    /// the group or account: both happen or neither.
    /// </summary>
    void Store(SqliteConnection connection);

    /// <summary>It is stored, and holds from now on.</summary>
    void Apply();
}

/// <summary>All uses of names. Used by the <see cref="AccountDirectory"/>, one removal at a time.</summary>
internal sealed class NameUses(Database database)
{
    private readonly List<INameUse> _uses = [];

    /// <summary>One more slice. Before the hub serves.</summary>
    public void Add(INameUse use) => _uses.Add(use);

    /// <summary>Removes a name wherever it is used, together with what else is done in the same transaction.</summary>
    /// <exception cref="StorageException">It could not be stored; nothing was changed.</exception>
    public async Task RemoveAsync(string word, Action<SqliteConnection>? remove = null)
    {
        var held = new List<IHeldNames>();
        try
        {
            foreach (var use in _uses)
                held.Add(await use.HoldAsync(word));
            if (remove is null && !held.Any(static h => h.Any))
                return;
            await database.WriteAsync(connection =>
            {
                remove?.Invoke(connection);
                foreach (var names in held)
                    names.Store(connection);
            });
            foreach (var names in held)
                names.Apply();
        }
        finally
        {
            foreach (var names in held)
                names.Dispose();
        }
    }
}
