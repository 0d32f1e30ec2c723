using Adit.Hub.Storage;
using Microsoft.Data.Sqlite;

namespace Adit.Hub.Telemetry;

/// <summary>
/// Whether the hub should be given work: its database takes writes, and it is not on its way out. The write is tried at most once in five
/// seconds, so that probes cost the disk nothing.
/// </summary>
internal sealed class Readiness(Database database, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly SemaphoreSlim _one = new(1, 1);
    private string? _problem;
    private long _tried;
    private volatile bool _isDraining;

    /// <summary>Work is no longer wanted; what is under way is finished.</summary>
    public void StartDraining() => _isDraining = true;

    /// <summary>Why not; null when it is ready.</summary>
    public async Task<string?> ProblemAsync(CancellationToken cancellationToken)
    {
        if (_isDraining)
            return "The hub is stopping.";
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_tried == 0 || time.GetElapsedTime(_tried) >= Fresh)
            {
                _problem = await TryWriteAsync(cancellationToken);
                _tried = time.GetTimestamp();
            }

            return _problem;
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task<string?> TryWriteAsync(CancellationToken cancellationToken)
    {
        try
        {
            await database.WriteAsync(Touch).WaitAsync(Patience, time, cancellationToken);
            return null;
        }
        catch (TimeoutException)
        {
            return "The database did not take a write in time.";
        }
        catch (StorageException e)
        {
            return e.Message;
        }
    }

    // Writes the page that every change writes, and leaves it as it was.
    private static void Touch(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA application_id";
        var id = (long)command.ExecuteScalar()!;
        command.CommandText = FormattableString.Invariant($"PRAGMA application_id = {id}");
        command.ExecuteNonQuery();
    }
}
