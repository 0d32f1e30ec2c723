using Adit.Content.Chunks;
using Adit.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace Adit.Content.Packs;

/// <summary>Whatever happens to process and disk: what was flushed is read, and what is said to be there is right.</summary>
public sealed class FaultProperties
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public enum What
    {
        Add,
        AddMany,
        Flush,
        Collect,
        Reopen,
        Kill,
        LosePower,
        FillDisk,
    }

    [Fact]
    public void What_was_flushed_survives_any_sequence_of_work_kills_power_losses_and_full_disks()
    {
        var action = Gen.Frequency(
            (6, Gen.Constant(What.Add)),
            (3, Gen.Constant(What.AddMany)),
            (5, Gen.Constant(What.Flush)),
            (2, Gen.Constant(What.Collect)),
            (1, Gen.Constant(What.Reopen)),
            (2, Gen.Constant(What.Kill)),
            (3, Gen.Constant(What.LosePower)),
            (1, Gen.Constant(What.FillDisk)));
        var steps = Gen.Zip(action, Gen.Choose(0, 120)).ArrayOf().Where(s => s.Length <= 40);
        Prop.ForAll(Arb.From(steps), plan => RunAsync(plan.Select(p => (p.Item1, p.Item2)).ToArray()).WaitAsync(Deadline).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(MaxTests).WithEndSize(40));
    }

    private static int MaxTests => int.TryParse(Environment.GetEnvironmentVariable("ADIT_STORE_FAULTS"), out var tests) ? tests : 60;

    private static async Task<bool> RunAsync((What What, int Number)[] plan)
    {
        using var directory = new TempDirectory();
        var world = new World(directory.File("store"), plan.Length == 0 ? 0 : plan[^1].Number);
        await world.OpenAsync();
        foreach (var (what, number) in plan)
            await world.DoAsync(what, number);
        await world.CheckAsync();
        await world.CloseAsync();
        return true;
    }

    private sealed class World(string path, int seed)
    {
        private readonly HashSet<int> _added = [];
        private readonly HashSet<int> _flushed = [];
        private readonly HashSet<int> _ever = [];
        private readonly FaultyDisk _disk = new(path, new Random(seed));
        private ContentStore? _store;
        private bool _lostPower;
        private int _next;

        public async Task OpenAsync()
        {
            // A disk that fails while the store is opened has to be tried again.
            for (var attempt = 0; _store == null; attempt++)
            {
                try
                {
                    _store = await ContentStore.OpenAsync(new ContentStoreOptions { Directory = path, MemoryLimit = 30, PackFull = 20_000, Faults = _disk });
                }
                catch (IOException) when (attempt < 20)
                {
                    if (_disk.StepsLeft < 0)
                        LosePower();
                }
            }

            // Of what was not synced, a part may have been written and what lies before it not. It looks like damage, and nobody can tell.
            Assert.DoesNotContain(_store.FoundAtOpening, f => !_lostPower || !f.Message.Contains("damaged", StringComparison.Ordinal));
        }

        public async Task CloseAsync() => await _store!.AbandonAsync();

        public async Task DoAsync(What what, int number)
        {
            try
            {
                await (what switch
                {
                    What.Add => AddAsync(1 + (number % 4)),
                    What.AddMany => AddAsync(number),
                    What.Flush => FlushAsync(),
                    What.Collect => CollectAsync(number),
                    What.Reopen => ReopenAsync(),
                    What.Kill => CrashAsync(losesPower: false),
                    What.LosePower when number % 3 == 0 => CrashAsync(losesPower: true),
                    What.LosePower => Task.FromResult(_disk.StepsLeft = number),
                    _ => Task.FromResult(_disk.Full = number % 5),
                });
            }
            catch (IOException)
            {
                // The disk is full, or the power is off: then the machine starts anew.
                if (_disk.StepsLeft < 0)
                    await CrashAsync(losesPower: true);
                else if (_store is { } store)
                    await StartAnewWhereItMustAsync(store);
            }

            if (number % 4 == 0)
                await CheckAsync();
        }

        public async Task CheckAsync()
        {
            foreach (var number in _ever)
            {
                var id = ChunkId.Of(TestStore.Chunk(number));
                var missing = new bool[1];
                await _store!.FindMissingAsync(new[] { id }, missing, CancellationToken.None);
                Assert.False(missing[0] && _flushed.Contains(number), $"Chunk {number} was flushed and is gone.");
                if (!missing[0])
                    await _store.ReadAsync(new[] { id }, (_, chunk) => Assert.True(chunk.SequenceEqual(TestStore.Chunk(number))), CancellationToken.None);
            }
        }

        private void LosePower()
        {
            _lostPower = true;
            _disk.LosePower();
        }

        private async Task AddAsync(int count)
        {
            using var writer = new FrameWriter();
            var first = _next;
            _next += count;
            for (var number = first; number < first + count; number++)
            {
                _ever.Add(number);
                writer.Add(ChunkId.Of(TestStore.Chunk(number)), number % 7 == 0 ? ChunkKind.List : ChunkKind.Data, TestStore.Chunk(number));
            }

            if (count == 0)
                return;
            await _store!.AddAsync(writer.Finish(), CancellationToken.None);
            _added.UnionWith(Enumerable.Range(first, count));
        }

        private async Task FlushAsync()
        {
            var added = _added.ToArray();
            await _store!.FlushAsync(CancellationToken.None);
            _flushed.UnionWith(added);
        }

        private async Task CollectAsync(int number)
        {
            // Every third chunk dies.
            var live = _ever.Where(n => (n + number) % 3 != 0).ToArray();
            _added.IntersectWith(live);
            _flushed.IntersectWith(live);
            await _store!.CollectAsync(
                (marks, _) =>
                {
                    foreach (var id in TestStore.Ids(live))
                        marks.Mark(id);
                    return Task.CompletedTask;
                });
        }

        private async Task ReopenAsync()
        {
            var store = _store!;
            _store = null;
            try
            {
                var added = _added.ToArray();
                await store.DisposeAsync();
                _flushed.UnionWith(added);
            }
            catch (IOException) when (_disk.StepsLeft >= 0)
            {
                _added.IntersectWith(_flushed);
            }
            finally
            {
                if (_disk.StepsLeft < 0)
                    await CrashAsync(losesPower: true);
                else
                    await OpenAsync();
            }
        }

        private async Task CrashAsync(bool losesPower)
        {
            if (_store != null)
                await _store.AbandonAsync();
            _store = null;
            if (losesPower)
                LosePower();
            else
                _disk.Kill();
            _added.IntersectWith(_flushed);
            await OpenAsync();
        }

        // A disk that failed to sync is not believed again until the store was opened anew.
        private async Task StartAnewWhereItMustAsync(ContentStore store)
        {
            try
            {
                await store.FlushAsync(CancellationToken.None);
                _flushed.UnionWith(_added);
            }
            catch (IOException)
            {
                await CrashAsync(losesPower: _disk.StepsLeft < 0);
            }
        }
    }
}
