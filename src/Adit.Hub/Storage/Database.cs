using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Adit.Hub.Storage;

/// <summary>
/// The hub's SQLite database: any number of readers, and one writer that commits in groups. Writes that arrive while a commit is under way
/// share the next one, so that thousands of small writes a second cost few syncs; each caller goes on only when its own write is on disk.
/// </summary>
/// <remarks>
/// A write runs in a savepoint: one that fails is undone alone and fails its caller alone. When the commit itself fails (disk full), every
/// write in it is undone and every caller learns so.
/// </remarks>
internal sealed class Database : IAsyncDisposable
{
    private const int MostPerCommit = 512;

    private readonly Channel<Write> _writes = Channel.CreateBounded<Write>(new BoundedChannelOptions(4096) { SingleReader = true });
    private readonly string _connectionString;
    private readonly SqliteConnection _writer;
    private readonly Task _writing;

    private Database(string path)
    {
        _connectionString = new SqliteConnectionStringBuilder { DataSource = path, Pooling = true, DefaultTimeout = 10 }.ToString();
        _writer = Connect();
        using (var command = _writer.CreateCommand())
        {
            command.CommandText = "PRAGMA journal_mode = WAL;";
            command.ExecuteNonQuery();
        }

        _writing = Task.Factory.StartNew(WriteAll, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Opens the database file and brings its schema up to date.</summary>
    /// <exception cref="StorageException">It cannot be opened, or is newer than this program.</exception>
    public static async Task<Database> OpenAsync(string path, TimeProvider time)
    {
        Database database;
        try
        {
            ClaimFile(path);
            database = new Database(path);
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The database {path} cannot be opened: {e.Message}", e);
        }

        try
        {
            await database.WriteAsync(connection => Migrator.Run(connection, time));
            return database;
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Runs a write and completes when it is on disk. The function runs on the writer's thread and must only touch the database.
    /// </summary>
    /// <exception cref="StorageException">It could not be committed.</exception>
    public async Task<T> WriteAsync<T>(Func<SqliteConnection, T> write)
    {
        var item = new Write(connection => write(connection));
        try
        {
            await _writes.Writer.WriteAsync(item);
        }
        catch (ChannelClosedException e)
        {
            throw new StorageException("The hub is stopping and stores nothing more; try again when it is back.", e);
        }

        return (T)(await item.Done.Task)!;
    }

    /// <inheritdoc cref="WriteAsync{T}"/>
    public Task WriteAsync(Action<SqliteConnection> write) => WriteAsync<object?>(connection =>
    {
        write(connection);
        return null;
    });

    /// <summary>Runs a query on the thread pool, on a connection of its own.</summary>
    public Task<T> ReadAsync<T>(Func<SqliteConnection, T> read) => Task.Run(() =>
    {
        using var connection = Connect();
        return read(connection);
    });

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _writes.Writer.TryComplete();
        await _writing;
        await _writer.DisposeAsync();
        using var pooled = new SqliteConnection(_connectionString);
        SqliteConnection.ClearPool(pooled);
    }

    // SQLite gives its journal the mode of the database, so that has to be right before there is one.
    private static void ClaimFile(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (new FileStream(path, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite, UnixCreateMode = Private }))
            File.SetUnixFileMode(path, Private);
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection(_connectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA busy_timeout = 10000; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";
        command.ExecuteNonQuery();
        return connection;
    }

    private void WriteAll()
    {
        var group = new List<Write>(MostPerCommit);
        while (_writes.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (group.Count < MostPerCommit && _writes.Reader.TryRead(out var item))
                group.Add(item);
            CommitGroup(group);
            group.Clear();
        }
    }

    private void CommitGroup(List<Write> group)
    {
        var failure = TryCommit(group);
        foreach (var item in group)
        {
            var error = item.Error ?? failure;
            if (error is null)
                item.Done.TrySetResult(item.Result);
            else
                item.Done.TrySetException(error);
        }
    }

    private StorageException? TryCommit(List<Write> group)
    {
        try
        {
            Execute("BEGIN IMMEDIATE");
            foreach (var item in group)
                RunOne(item);
            Execute("COMMIT");
            return null;
        }
        catch (SqliteException e)
        {
            try
            {
                Execute("ROLLBACK");
            }
            catch (SqliteException)
            {
                // SQLite has rolled back by itself (as it does when the disk is full).
            }

            return new StorageException(
                e.SqliteErrorCode == 13 ? "The hub's disk is full: nothing was changed. Free some space and try again." : $"The hub's database could not be written: {e.Message}", e);
        }
    }

    private void RunOne(Write item)
    {
        Execute("SAVEPOINT item");
        try
        {
            item.Result = item.Run(_writer);
            Execute("RELEASE item");
        }
        catch (Exception e) when (e is not SqliteException { SqliteErrorCode: 13 or 10 or 11 })
        {
            // Its own mistake, not the disk's: the others go on.
            Execute("ROLLBACK TO item");
            Execute("RELEASE item");
            item.Error = e;
        }
    }

    private void Execute(string sql)
    {
        using var command = _writer.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private sealed class Write(Func<SqliteConnection, object?> run)
    {
        public Func<SqliteConnection, object?> Run { get; } = run;

        public TaskCompletionSource<object?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public object? Result { get; set; }

        public Exception? Error { get; set; }
    }
}
