using Adit.Testing;

namespace Adit.Content.Packs;

/// <summary>A collection is stopped after each of its steps in turn, by a kill and by a loss of power.</summary>
public sealed class CollectorFaultTests
{
    private const int Length = 3000;

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    [InlineData(true, 2)]
    [InlineData(true, 3)]
    public async Task Wherever_a_collection_is_stopped_what_is_live_is_there(bool losesPower, int seed)
    {
        for (var steps = 1; !await RunAsync(steps, losesPower, new Random((1000 * seed) + steps)); steps++)
            Assert.True(steps < 1000);
    }

    [Fact]
    public async Task What_there_is_no_space_to_copy_is_left_where_it_is_and_the_rest_is_removed()
    {
        using var directory = new TempDirectory();
        var disk = new FaultyDisk(directory.File("store"), new Random(1));
        await using var store = await TestStore.OpenAsync(packFull: 30_000, memoryLimit: 20, faults: disk);
        var numbers = Enumerable.Range(0, 120).Select(n => (2 * n) + 1).ToArray();
        foreach (var some in numbers.Chunk(3))
            await store.AddAsync(some, Length);
        await store.Store.FlushAsync(CancellationToken.None);
        var result = await store.Store.CollectAsync((live, token) =>
        {
            disk.Full = 1;
            return Marking(numbers.Where(n => n % 20 == 1))(live, token);
        });
        Assert.Contains("No space left on device", Assert.Single(result.Findings).Message, StringComparison.Ordinal);
        Assert.True(result.PacksRewritten > 0, result.ToString());
        await store.AssertReadableAsync(numbers.Where(n => n % 20 == 1), Length);
        Assert.Empty((await store.Store.CheckAsync(readData: true)).Findings);
    }

    // True when it was not stopped.
    private static async Task<bool> RunAsync(int steps, bool losesPower, Random random)
    {
        using var directory = new TempDirectory();
        var path = directory.File("store");
        var disk = new FaultyDisk(path, random);
        var options = new ContentStoreOptions { Directory = path, PackFull = 20_000, MemoryLimit = steps % 2 == 0 ? 20 : 1000, Faults = disk };
        var numbers = Enumerable.Range(0, 60).Select(n => (2 * n) + 1).ToArray();
        // Much to copy, so that packs fill and runs are written meanwhile; or one chunk, which nothing else brings to the disk.
        var live = numbers.Where(n => n < 30 || (steps % 2 == 0 ? n % 9 == 1 : n == 61)).ToArray();
        var store = await ContentStore.OpenAsync(options);
        using (var writer = new Chunks.FrameWriter())
        {
            foreach (var pair in numbers.Chunk(3))
            {
                foreach (var number in pair)
                    writer.Add(TestStore.Ids([number], Length)[0], Chunks.ChunkKind.Data, TestStore.Chunk(number, Length));
                await store.AddAsync(writer.Finish(), CancellationToken.None);
            }
        }

        await store.FlushAsync(CancellationToken.None);
        disk.StepsLeft = steps;
        var isWhole = false;
        try
        {
            await store.CollectAsync(Marking(live));
            isWhole = disk.StepsLeft > 0;
        }
        catch (IOException)
        {
            // Stopped.
        }

        await store.AbandonAsync();
        if (losesPower)
            disk.LosePower();
        else
            disk.Kill();
        store = await ContentStore.OpenAsync(options);
        Assert.DoesNotContain(store.FoundAtOpening, f => !f.Message.Contains("damaged", StringComparison.Ordinal));
        await store.ReadAsync(
            TestStore.Ids(live, Length), (index, chunk) => Assert.True(chunk.SequenceEqual(TestStore.Chunk(live[index], Length))), CancellationToken.None);
        Assert.DoesNotContain((await store.CheckAsync(readData: true)).Findings, _ => !losesPower);
        // And the next one finds nothing in its way.
        await store.CollectAsync(Marking(live));
        await store.ReadAsync(TestStore.Ids(live, Length), (_, _) => { }, CancellationToken.None);
        await store.AbandonAsync();
        return isWhole;
    }

    private static Func<LiveChunks, CancellationToken, Task> Marking(IEnumerable<int> numbers) => (live, _) =>
    {
        foreach (var id in TestStore.Ids(numbers, Length))
            live.Mark(id);
        return Task.CompletedTask;
    };
}
