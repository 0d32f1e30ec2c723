using System.Buffers.Binary;
using Adit.Content.Chunks;
using Adit.Content.Packs;
using Adit.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace Adit.Content.Index;

public sealed class RunFileTests
{
    [Fact]
    public void A_run_finds_all_that_is_in_it_and_nothing_else_however_the_ids_are_spread()
    {
        // Ids of whose first eight bytes only some bits differ: all in one bucket, all in a few, alike in all but the last byte.
        var spread = Gen.Choose(0, 63).Two();
        var count = Gen.Choose(0, 3000);
        Prop.ForAll(Arb.From(Gen.Zip(spread, Gen.Zip(count, Gen.Choose(0, int.MaxValue)))), p => Check(p.Item1.Item1, p.Item1.Item2, p.Item2.Item1, p.Item2.Item2))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(100));
    }

    [Fact]
    public void Merged_runs_say_what_the_newest_of_them_said()
    {
        using var directory = new TempDirectory();
        var ids = Enumerable.Range(0, 200).Select(n => Id((ulong)n << 40, n)).ToArray();
        var old = Write(directory.File("1.idx"), 1, ids.Take(150).Select(id => Record(id, 1)));
        var newer = Write(directory.File("2.idx"), 2, ids.Skip(100).Select(id => Record(id, 2)));
        RunMerge.Write(new StoreFiles(), directory.File("3.idx"), [newer, old], static r => r.Id == Id(5UL << 40, 5));
        var merged = RunFile.Open(directory.File("3.idx"), 3)!;
        Assert.Equal((199u, 1u), (merged.Count, merged.Header.Replaces));
        Assert.Equal(-1, merged.Find(ids[5]));
        Assert.All(ids.Where((_, i) => i != 5), id => Assert.Equal(id > ids[99] ? 2u : 1u, merged[(uint)merged.Find(id)].Location.Pack));
        Assert.True(merged.IsIntact(CancellationToken.None));

        old.Leave([1]);
        RunMerge.Write(new StoreFiles(), directory.File("4.idx"), [newer, old], static _ => false);
        var left = RunFile.Open(directory.File("4.idx"), 4)!;
        Assert.Equal(100u, left.Count);
        foreach (var run in new[] { old, newer, merged, left })
            run.LetGo();
    }

    [Fact]
    public void A_run_whose_bytes_are_changed_anywhere_is_no_run_or_not_intact()
    {
        using var directory = new TempDirectory();
        var path = directory.File("1.idx");
        Write(path, 1, Enumerable.Range(0, 40).Select(n => Record(Id((ulong)n << 58, n), 1)), new PackSpan(1, 16, 100, 0, 40, 40, 0, 0, 0)).LetGo();
        var bytes = File.ReadAllBytes(path);
        for (var i = 0; i < bytes.Length; i++)
        {
            var changed = (byte[])bytes.Clone();
            changed[i] ^= 1;
            File.WriteAllBytes(path, changed);
            var run = RunFile.Open(path, 1);
            Assert.True(run == null || !run.IsIntact(CancellationToken.None), $"Byte {i}");
            run?.LetGo();
        }

        File.WriteAllBytes(path, bytes[..^1]);
        Assert.Null(RunFile.Open(path, 1));
    }

    private static bool Check(int lowestBit, int highestBit, int count, int seed)
    {
        var random = new Random(seed);
        (lowestBit, highestBit) = (Math.Min(lowestBit, highestBit), Math.Max(lowestBit, highestBit));
        ulong Prefix() => (ulong)random.NextInt64() << lowestBit & (ulong.MaxValue >> (63 - highestBit));
        var ids = Enumerable.Range(0, count).Select(n => Id(Prefix(), n)).Order().ToArray();
        using var directory = new TempDirectory();
        var run = Write(directory.File("1.idx"), 1, ids.Select(id => Record(id, 1)));
        var found = ids.Select((id, i) => run.Find(id) == i).All(f => f);
        var notFound = Enumerable.Range(count, 500).All(n => run.Find(Id(Prefix(), n)) < 0);
        run.LetGo();
        return found && notFound;
    }

    private static RunFile Write(string path, uint number, IEnumerable<IndexRecord> records, params PackSpan[] spans)
    {
        var all = records.ToArray();
        using (var writer = new RunWriter(new StoreFiles(), path, spans, all.Length))
        {
            foreach (var record in all)
                writer.Add(record);
            writer.Finish(number);
        }

        return RunFile.Open(path, number)!;
    }

    private static IndexRecord Record(ChunkId id, uint pack) => new(id, new ChunkLocation(pack, 16, 100, 0, 1, ChunkKind.Data));

    private static ChunkId Id(ulong prefix, int last)
    {
        var bytes = new byte[ChunkId.Size];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, prefix);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(28), last);
        return new ChunkId(bytes);
    }
}
