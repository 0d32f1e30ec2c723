using System.Diagnostics;

namespace Adit.Content.Packs;

public sealed class StoreLockTests
{
    [Fact]
    public async Task A_store_that_is_open_is_refused_to_the_next_who_is_told_who_has_it()
    {
        await using var store = await TestStore.OpenAsync();
        var refused = await Assert.ThrowsAsync<IOException>(() => ContentStore.OpenAsync(new ContentStoreOptions { Directory = store.Path }));
        Assert.Contains($"'{store.Path}' is in use by another process (pid {Environment.ProcessId})", refused.Message, StringComparison.Ordinal);
        await store.ReopenAsync();
    }

    [Fact]
    public async Task Another_process_cannot_have_it_at_the_same_time()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "flock(1) is of Linux.");
        await using var store = await TestStore.OpenAsync();
        Assert.Equal(1, await TryLockAsync(store.Path));
        await store.Store.DisposeAsync();
        Assert.Equal(0, await TryLockAsync(store.Path));
        await store.OpenAgainAsync();

        // And the other way round: a process that is killed lets go.
        await store.Store.DisposeAsync();
        using (var other = Process.Start(new ProcessStartInfo("flock", ["-x", Path.Combine(store.Path, "lock"), "sh", "-c", "echo ready; exec cat"])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        })!)
        {
            Assert.Equal("ready", await other.StandardOutput.ReadLineAsync());
            await Assert.ThrowsAsync<IOException>(store.OpenAgainAsync);
            other.Kill(entireProcessTree: true);
            await other.WaitForExitAsync();
        }

        // What it had started holds the lock too, until the system has ended that.
        for (var tries = 1; ; tries++)
        {
            try
            {
                await store.OpenAgainAsync();
                break;
            }
            catch (IOException) when (tries < 100)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }

    private static async Task<int> TryLockAsync(string directory)
    {
        using var process = Process.Start("flock", ["-n", "-x", Path.Combine(directory, "lock"), "true"]);
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
