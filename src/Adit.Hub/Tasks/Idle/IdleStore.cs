using System.Text.Json;
using Adit.Hub.Storage;
using Dapper;

namespace Adit.Hub.Tasks.Idle;

/// <summary>What is known of the use of tasks, in the database.</summary>
internal sealed class IdleStore(Database database)
{
    /// <summary>All of it, by task.</summary>
    public Task<IReadOnlyDictionary<string, IdleMemory>> ListAsync() => database.ReadAsync<IReadOnlyDictionary<string, IdleMemory>>(static connection =>
        connection.Query<(string Task, string Memory)>("SELECT task, memory FROM task_idle")
            .ToDictionary(static r => r.Task, static r => JsonSerializer.Deserialize(r.Memory, IdleJson.Default.IdleMemory)!));

    /// <summary>Writes some, and forgets others, in one go.</summary>
    /// <exception cref="StorageException">Nothing of it is stored.</exception>
    public Task SaveAsync(IReadOnlyCollection<KeyValuePair<string, IdleMemory>> changed, IReadOnlyCollection<string> gone) => database.WriteAsync(connection =>
    {
        foreach (var (task, memory) in changed)
        {
            connection.Execute(
                "INSERT INTO task_idle (task, memory) VALUES (@task, @text) ON CONFLICT (task) DO UPDATE SET memory = @text",
                new { task, text = JsonSerializer.Serialize(memory, IdleJson.Default.IdleMemory) });
        }

        foreach (var task in gone)
            connection.Execute("DELETE FROM task_idle WHERE task = @task", new { task });
    });
}
