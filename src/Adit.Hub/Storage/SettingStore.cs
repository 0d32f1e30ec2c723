using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Dapper;

namespace Adit.Hub.Storage;

/// <summary>What admins set for the whole hub, a document of JSON for each subject, with a version that counts changes.</summary>
internal sealed class SettingStore(Database database)
{
    /// <summary>The setting of this name; null when it was never set.</summary>
    public Task<(T Value, long Version)?> FindAsync<T>(string name, JsonTypeInfo<T> type) => database.ReadAsync<(T, long)?>(connection =>
        connection.QueryFirstOrDefault<(string Value, long Version)?>("SELECT value, version FROM settings WHERE name = @name", new { name }) is var (value, version)
            ? (JsonSerializer.Deserialize(value, type)!, version)
            : null);

    /// <summary>Stores a setting.</summary>
    public Task SetAsync<T>(string name, T value, JsonTypeInfo<T> type, long version)
    {
        var text = JsonSerializer.Serialize(value, type);
        return database.WriteAsync(connection => connection.Execute(
            "INSERT INTO settings (name, value, version) VALUES (@name, @text, @version) ON CONFLICT (name) DO UPDATE SET value = excluded.value, version = excluded.version",
            new { name, text, version }));
    }
}
