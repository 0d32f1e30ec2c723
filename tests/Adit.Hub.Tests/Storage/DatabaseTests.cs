using Adit.Hub.Storage;
using Adit.Testing;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Adit.Hub.Tests.Storage;

public sealed class DatabaseTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly TempDirectory _directory = new();

    private string File => _directory.File("adit.db");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task An_acknowledged_write_is_read_after_a_restart()
    {
        await using (var database = await OpenAsync())
        {
            await database.WriteAsync(c => { c.Execute("CREATE TABLE things (n INTEGER)"); }).WaitAsync(Deadline);
            await database.WriteAsync(c => { c.Execute("INSERT INTO things VALUES (7)"); }).WaitAsync(Deadline);
        }

        await using var again = await OpenAsync();
        Assert.Equal(7, await again.ReadAsync(c => c.ExecuteScalar<int>("SELECT n FROM things")).WaitAsync(Deadline));
    }

    [Fact]
    public async Task A_thousand_writes_at_once_all_arrive_and_share_commits()
    {
        await using var database = await OpenAsync();
        await database.WriteAsync(c => { c.Execute("CREATE TABLE things (n INTEGER PRIMARY KEY)"); }).WaitAsync(Deadline);
        var before = new FileInfo(File + "-wal").Length;
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(n => database.WriteAsync(c => { c.Execute("INSERT INTO things VALUES (@n)", new { n }); }))).WaitAsync(Deadline);
        Assert.Equal(1000, await database.ReadAsync(c => c.ExecuteScalar<int>("SELECT count(*) FROM things")).WaitAsync(Deadline));
        // One commit writes at least one 4 KiB page; a commit each would have made 4 MB.
        Assert.InRange(new FileInfo(File + "-wal").Length - before, 1, 2_000_000);
    }

    [Fact]
    public async Task A_write_that_fails_is_undone_alone()
    {
        await using var database = await OpenAsync();
        await database.WriteAsync(c => { c.Execute("CREATE TABLE things (n INTEGER PRIMARY KEY)"); }).WaitAsync(Deadline);
        var writes = Enumerable.Range(0, 100).Select(n => database.WriteAsync(c =>
        {
            c.Execute("INSERT INTO things VALUES (@n)", new { n });
            if (n % 10 == 3)
                throw new InvalidOperationException("changed its mind");
        })).ToArray();
        await Task.WhenAll(writes).WaitAsync(Deadline).ContinueWith(static _ => { }, TaskScheduler.Default);
        Assert.Equal(10, writes.Count(static w => w.IsFaulted));
        Assert.All(writes.Where(static w => w.IsFaulted), static w => Assert.IsType<InvalidOperationException>(w.Exception!.InnerException));
        Assert.Equal(90, await database.ReadAsync(c => c.ExecuteScalar<int>("SELECT count(*) FROM things")).WaitAsync(Deadline));
        Assert.Equal(0, await database.ReadAsync(c => c.ExecuteScalar<int>("SELECT count(*) FROM things WHERE n % 10 = 3")).WaitAsync(Deadline));
    }

    [Fact]
    public async Task A_broken_rule_of_the_schema_fails_its_own_caller_only()
    {
        await using var database = await OpenAsync();
        await database.WriteAsync(c => { c.Execute("CREATE TABLE things (n INTEGER PRIMARY KEY)"); }).WaitAsync(Deadline);
        var one = database.WriteAsync(c => { c.Execute("INSERT INTO things VALUES (1)"); });
        var same = database.WriteAsync(c => { c.Execute("INSERT INTO things VALUES (1)"); });
        var other = database.WriteAsync(c => { c.Execute("INSERT INTO things VALUES (2)"); });
        await one.WaitAsync(Deadline);
        await other.WaitAsync(Deadline);
        await Assert.ThrowsAsync<SqliteException>(() => same.WaitAsync(Deadline));
    }

    [Fact]
    public async Task A_full_disk_fails_the_write_clearly_leaves_nothing_half_and_heals()
    {
        await using var database = await OpenAsync();
        await database.WriteAsync(c => { c.Execute("CREATE TABLE things (n INTEGER, filler BLOB)"); }).WaitAsync(Deadline);
        await database.WriteAsync(c => { c.Execute("INSERT INTO things VALUES (0, NULL)"); }).WaitAsync(Deadline);
        // What SQLite does at this bound is what it does when the disk is full: SQLITE_FULL.
        var pages = await database.WriteAsync(c => c.ExecuteScalar<int>("PRAGMA page_count")).WaitAsync(Deadline);
        await database.WriteAsync(c => c.ExecuteScalar<int>($"PRAGMA max_page_count = {pages + 4}")).WaitAsync(Deadline);

        var failure = await Assert.ThrowsAsync<StorageException>(() => database.WriteAsync(c =>
        {
            c.Execute("INSERT INTO things VALUES (1, NULL)");
            c.Execute("INSERT INTO things VALUES (2, zeroblob(1000000))");
        }).WaitAsync(Deadline));
        Assert.Contains("disk is full", failure.Message);
        Assert.Equal(1, await database.ReadAsync(c => c.ExecuteScalar<int>("SELECT count(*) FROM things")).WaitAsync(Deadline));

        await database.WriteAsync(c => c.ExecuteScalar<int>("PRAGMA max_page_count = 1000000")).WaitAsync(Deadline);
        await database.WriteAsync(c => { c.Execute("INSERT INTO things VALUES (2, zeroblob(1000000))"); }).WaitAsync(Deadline);
        Assert.Equal("ok", await database.ReadAsync(c => c.ExecuteScalar<string>("PRAGMA integrity_check")).WaitAsync(Deadline));
    }

    [Fact]
    public async Task Neighbours_of_a_write_that_fills_the_disk_are_told_too()
    {
        await using var database = await OpenAsync();
        await database.WriteAsync(c => { c.Execute("CREATE TABLE things (n INTEGER, filler BLOB)"); }).WaitAsync(Deadline);
        var pages = await database.WriteAsync(c => c.ExecuteScalar<int>("PRAGMA page_count")).WaitAsync(Deadline);
        await database.WriteAsync(c => c.ExecuteScalar<int>($"PRAGMA max_page_count = {pages + 4}")).WaitAsync(Deadline);
        var writes = Enumerable.Range(0, 20).Select(n => database.WriteAsync(c => { c.Execute("INSERT INTO things VALUES (@n, zeroblob(@size))", new { n, size = n == 10 ? 1_000_000 : 1 }); })).ToArray();
        await Task.WhenAll(writes).WaitAsync(Deadline).ContinueWith(static _ => { }, TaskScheduler.Default);
        // Whoever was told that it is done is there; whoever was not, is not.
        var there = (await database.ReadAsync(c => c.Query<int>("SELECT n FROM things").ToArray()).WaitAsync(Deadline)).ToHashSet();
        Assert.True(writes[10].IsFaulted);
        for (var n = 0; n < writes.Length; n++)
            Assert.Equal(writes[n].IsCompletedSuccessfully, there.Contains(n));
    }

    [Fact]
    public async Task Readers_go_on_while_a_write_is_under_way()
    {
        await using var database = await OpenAsync();
        await database.WriteAsync(c => { c.Execute("CREATE TABLE things (n INTEGER); INSERT INTO things VALUES (1)"); }).WaitAsync(Deadline);
        using var read = new ManualResetEventSlim();
        using var reached = new ManualResetEventSlim();
        var write = database.WriteAsync(c =>
        {
            c.Execute("INSERT INTO things VALUES (2)");
            reached.Set();
            Assert.True(read.Wait(Deadline));
        });
        Assert.True(reached.Wait(Deadline));
        Assert.Equal(1, await database.ReadAsync(c => c.ExecuteScalar<int>("SELECT count(*) FROM things")).WaitAsync(Deadline));
        read.Set();
        await write.WaitAsync(Deadline);
    }

    [Fact]
    public async Task It_is_durable_at_each_commit_and_keeps_its_references()
    {
        await using var database = await OpenAsync();
        Assert.Equal(2, await database.WriteAsync(c => c.ExecuteScalar<int>("PRAGMA synchronous")).WaitAsync(Deadline)); // FULL
        Assert.Equal("wal", await database.WriteAsync(c => c.ExecuteScalar<string>("PRAGMA journal_mode")).WaitAsync(Deadline));
        Assert.Equal(1, await database.WriteAsync(c => c.ExecuteScalar<int>("PRAGMA foreign_keys")).WaitAsync(Deadline));
    }

    [Fact]
    public async Task Only_its_user_may_read_it()
    {
        await using var database = await OpenAsync();
        await database.WriteAsync(c => { c.Execute("CREATE TABLE things (n INTEGER)"); }).WaitAsync(Deadline);
        if (OperatingSystem.IsWindows())
            return;
        foreach (var file in new[] { File, File + "-wal", File + "-shm" })
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(file));
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_by_name()
    {
        await System.IO.File.WriteAllTextAsync(File, new string('x', 8192));
        var failure = await Assert.ThrowsAsync<StorageException>(() => OpenAsync().WaitAsync(Deadline));
        Assert.Contains(File, failure.Message);
    }

    [Fact]
    public async Task A_write_to_a_database_that_is_closed_says_so()
    {
        var database = await OpenAsync();
        await database.DisposeAsync();
        await Assert.ThrowsAsync<StorageException>(() => database.WriteAsync(static _ => { }).WaitAsync(Deadline));
    }

    private Task<Database> OpenAsync() => Database.OpenAsync(File, TimeProvider.System);
}
