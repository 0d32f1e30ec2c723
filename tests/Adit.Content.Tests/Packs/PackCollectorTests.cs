using Adit.Content.Chunks;

namespace Adit.Content.Packs;

public sealed class PackCollectorTests
{
    [Fact]
    public async Task What_is_live_stays_and_the_space_of_the_rest_comes_back()
    {
        await using var store = await TestStore.OpenAsync(packFull: 100_000);
        await store.AddAsync(Odd(0, 400), length: 5000);
        var before = store.Store.Statistics;

        // A pack's worth of them is live whole, another's every tenth.
        var live = Odd(0, 50).Concat(Odd(200, 20)).ToArray();
        var result = await store.Store.CollectAsync(Marking(live));
        Assert.True(result.PacksDeleted > 0 && result.PacksRewritten > 0, result.ToString());
        Assert.Equal(before.StoredBytes - store.Store.Statistics.StoredBytes, result.BytesFreed, 30_000d);
        Assert.Equal(5000 * live.Length, result.LivePlainBytes, 600_000d);
        Assert.Equal(store.Store.Statistics.Packs, store.PackFiles().Length);
        await store.AssertReadableAsync(live, length: 5000);
        await store.CrashAsync();
        Assert.Empty(store.Store.FoundAtOpening);
        await store.AssertReadableAsync(live, length: 5000);
        Assert.Empty((await store.Store.CheckAsync(readData: true)).Findings);
        var missing = await store.MissingAsync(TestStore.Ids(Odd(300, 50), 5000));
        Assert.Equal(50, missing.Count(m => m));
        Assert.Single(Directory.GetFiles(Path.Combine(store.Path, "index")), f => f.EndsWith(".idx", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_store_all_of_which_is_live_stays_as_it_is()
    {
        await using var store = await TestStore.OpenAsync(packFull: 100_000);
        await store.AddAsync(Odd(0, 100), length: 5000);
        await store.Store.FlushAsync(CancellationToken.None);
        var files = store.PackFiles();
        var result = await store.Store.CollectAsync(Marking(Odd(0, 100)));
        Assert.Equal((0, 0, 0L), (result.PacksDeleted, result.PacksRewritten, result.BytesFreed));
        Assert.Equal(files, store.PackFiles());
    }

    [Fact]
    public async Task What_somebody_was_told_is_there_while_it_runs_stays_and_so_does_what_came_meanwhile()
    {
        await using var store = await TestStore.OpenAsync(packFull: 100_000);
        await store.AddAsync(Odd(0, 400), length: 5000);
        await store.Store.CollectAsync(async (live, _) =>
        {
            Assert.DoesNotContain(true, await store.MissingAsync(TestStore.Ids(Odd(100, 3), 5000)));
            await store.AddAsync(Odd(200, 2), length: 5000);
            await store.AddAsync(Odd(1000, 60), length: 5000);
        });
        await store.AssertReadableAsync(Odd(100, 3).Concat(Odd(200, 2)).Concat(Odd(1000, 60)), length: 5000);
        Assert.Equal(new[] { true }, await store.MissingAsync(TestStore.Ids(Odd(0, 1), 5000)));
    }

    [Fact]
    public async Task It_waits_for_those_who_commit_and_sees_what_they_committed()
    {
        await using var store = await TestStore.OpenAsync(packFull: 100_000);
        await store.AddAsync(Odd(0, 100), length: 5000);
        int[] roots = [];
        var hold = await store.Store.HoldAsync();
        Assert.DoesNotContain(true, await store.MissingAsync(TestStore.Ids(Odd(0, 10), 5000)));
        var collecting = store.Store.CollectAsync((live, token) => Marking(roots)(live, token));
        Assert.False(collecting.IsCompleted);
        roots = [.. Odd(0, 10)];
        hold.Dispose();
        hold.Dispose();
        await collecting.WaitAsync(TimeSpan.FromSeconds(30));
        await store.AssertReadableAsync(roots, length: 5000);
    }

    [Fact]
    public async Task Who_marks_a_chunk_first_is_told_so_whoever_asked_for_it_before()
    {
        await using var store = await TestStore.OpenAsync();
        var ids = await store.AddAsync([1, 2], kind: ChunkKind.Directory);
        var result = await store.Store.CollectAsync(async (live, _) =>
        {
            await store.MissingAsync(ids);
            Assert.True(live.Mark(ids[0]));
            Assert.False(live.Mark(ids[0]));
            var newer = await store.AddAsync([3], kind: ChunkKind.Directory);
            Assert.True(live.Mark(newer[0]));
            Assert.False(live.Mark(newer[0]));
            Assert.False(live.Mark(TestStore.Ids([4])[0]));
        });
        Assert.Equal(1, result.MissingChunks);
    }

    [Fact]
    public async Task A_pack_that_cannot_be_read_is_left_alone_and_named()
    {
        await using var store = await TestStore.OpenAsync(packFull: 100_000);
        foreach (var number in Enumerable.Range(0, 10))
            await store.AddAsync([(4 * number), (4 * number) + 2, (4 * number) + 4], length: 100_000);
        await store.Store.FlushAsync(CancellationToken.None);
        StoreCheckTests.Flip(store.PackFiles()[0], PackFormat.HeaderSize + Frame.HeadLength(3) + 500);
        var result = await store.Store.CollectAsync(Marking([0], 100_000));
        Assert.Contains($"The pack '{PackFormat.NameOf(1)}' is left as it is", Assert.Single(result.Findings).Message, StringComparison.Ordinal);
        Assert.True(File.Exists(store.PackFiles()[0]));
    }

    [Fact]
    public async Task Readers_and_writers_notice_nothing()
    {
        await using var store = await TestStore.OpenAsync(packFull: 100_000, memoryLimit: 200);
        var live = Odd(0, 300).Where(n => n % 5 == 0).ToArray();
        await store.AddAsync(Odd(0, 300), length: 3000);
        using var stop = new CancellationTokenSource();
        var reading = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
                await store.AssertReadableAsync(live, length: 3000);
        });
        for (var round = 1; round <= 8; round++)
        {
            var added = Odd(1000 * round, 60).ToArray();
            var adding = Task.Run(() => store.AddAsync(added, length: 3000));
            await store.Store.CollectAsync(Marking(live, 3000)).WaitAsync(TimeSpan.FromSeconds(30));
            await adding;
        }

        await stop.CancelAsync();
        await reading;
        await store.AssertReadableAsync(live, length: 3000);
    }

    private static IEnumerable<int> Odd(int from, int count) => Enumerable.Range(from, count).Select(n => (2 * n) + 1);

    private static Func<LiveChunks, CancellationToken, Task> Marking(IEnumerable<int> numbers, int length = 5000) => (live, _) =>
    {
        foreach (var id in TestStore.Ids(numbers, length))
            live.Mark(id);
        return Task.CompletedTask;
    };
}
