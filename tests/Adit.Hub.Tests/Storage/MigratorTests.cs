using Adit.Hub.Storage;
using Adit.Testing;
using Dapper;

namespace Adit.Hub.Tests.Storage;

public sealed class MigratorTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly TempDirectory _directory = new();

    private string File => _directory.File("adit.db");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Each_migration_runs_once_in_order_of_its_time()
    {
        for (var start = 0; start < 2; start++)
        {
            await using var database = await Database.OpenAsync(File, TimeProvider.System).WaitAsync(Deadline);
            var names = await database.ReadAsync(c => c.Query<string>("SELECT name FROM migrations ORDER BY rowid").ToArray()).WaitAsync(Deadline);
            Assert.NotEmpty(names);
            Assert.Equal(names.Order(StringComparer.Ordinal), names);
            Assert.All(names, static n => Assert.Matches("^[0-9]{12}-[a-z0-9-]+$", n));
        }
    }

    [Fact]
    public async Task A_database_of_a_newer_hub_is_refused_and_left_alone()
    {
        await using (var database = await Database.OpenAsync(File, TimeProvider.System).WaitAsync(Deadline))
            await database.WriteAsync(c => { c.Execute("INSERT INTO migrations (name, checksum, applied) VALUES ('209901010000-future', 'x', 'x')"); }).WaitAsync(Deadline);
        var failure = await Assert.ThrowsAsync<StorageException>(() => Database.OpenAsync(File, TimeProvider.System).WaitAsync(Deadline));
        Assert.Contains("newer", failure.Message);
        Assert.Contains("209901010000-future", failure.Message);
    }

    [Fact]
    public async Task A_migration_that_was_changed_after_it_ran_is_refused()
    {
        await using (var database = await Database.OpenAsync(File, TimeProvider.System).WaitAsync(Deadline))
            await database.WriteAsync(c => { c.Execute("UPDATE migrations SET checksum = 'other' WHERE name LIKE '%tokens'"); }).WaitAsync(Deadline);
        var failure = await Assert.ThrowsAsync<StorageException>(() => Database.OpenAsync(File, TimeProvider.System).WaitAsync(Deadline));
        Assert.Contains("tokens", failure.Message);
    }

    [Fact]
    public async Task A_migration_that_fails_leaves_nothing_behind()
    {
        await using (var database = await Database.OpenAsync(File, TimeProvider.System).WaitAsync(Deadline))
        {
            // As if the program had stopped before it ran the first one, with something in the way of the second.
            await database.WriteAsync(c => { c.Execute("DELETE FROM migrations; DROP TABLE tokens;"); }).WaitAsync(Deadline);
        }

        await Assert.ThrowsAnyAsync<Exception>(() => Database.OpenAsync(File, TimeProvider.System).WaitAsync(Deadline));
        await using var raw = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={File};Pooling=False");
        await raw.OpenAsync();
        Assert.Equal(0, raw.ExecuteScalar<int>("SELECT count(*) FROM migrations"));
        Assert.Equal(0, raw.ExecuteScalar<int>("SELECT count(*) FROM sqlite_master WHERE name = 'tokens'"));
    }
}
