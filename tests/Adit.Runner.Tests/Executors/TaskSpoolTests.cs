using System.Globalization;
using System.Text;
using Adit.Runner.Executors;
using Adit.Testing;

namespace Adit.Runner.Tests.Executors;

public sealed class TaskSpoolTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Lines_are_numbered_from_1_and_come_back_as_they_were()
    {
        using var spool = Open();
        Append(spool, new(1, 5, 7), "one", "zwei ü");
        spool.Say("The runner was restarted.");
        Append(spool, new(1, 9, 9), "three");

        var lines = spool.Read(1, 100);

        Assert.Equal([1L, 2L, 3L, 4L], lines.Select(static l => l.Number));
        Assert.Equal(["one", "zwei ü", "The runner was restarted.", "three"], lines.Select(static l => l.Text));
        Assert.Equal(["out", "out", "adit", "out"], lines.Select(static l => l.Stream));
        Assert.Equal((1L, 5L), (spool.First, spool.End));
        Assert.Equal(["three"], spool.Read(4, 100).Select(static l => l.Text));
        Assert.Equal(["zwei ü"], spool.Read(2, 1).Select(static l => l.Text));
        Assert.Empty(spool.Read(5, 100));
    }

    [Fact]
    public void It_goes_on_where_it_stopped()
    {
        using (var spool = Open())
        {
            Append(spool, new(1, 5, 7), "one");
            spool.Say("more");
        }

        using var again = Open();
        Assert.Equal(new SpoolPosition(1, 5, 7), again.Position);
        Append(again, new(2, 1, 1), "three");

        Assert.Equal(["one", "more", "three"], again.Read(1, 10).Select(static l => l.Text));
        Assert.Equal(4, again.End);
    }

    [Fact]
    public void A_batch_that_was_cut_off_anywhere_is_as_if_it_had_never_been()
    {
        using (var spool = Open())
        {
            Append(spool, new(1, 1, 1), "one");
            Append(spool, new(1, 2, 2), "two", "three");
        }

        var file = Directory.GetFiles(_folder.Path).Single();
        var bytes = File.ReadAllBytes(file);
        int first;
        using (var only = new TaskSpool(_folder.File("only"), TimeProvider.System))
            Append(only, new(1, 1, 1), "one");
        first = (int)new FileInfo(Directory.GetFiles(_folder.File("only")).Single()).Length;
        for (var length = first; length < bytes.Length; length++)
        {
            File.WriteAllBytes(file, bytes[..length]);
            using var spool = Open();
            Assert.Equal((2L, new SpoolPosition(1, 1, 1)), (spool.End, spool.Position));
            Append(spool, new(1, 3, 3), "anew");
            Assert.Equal(["one", "anew"], spool.Read(1, 10).Select(static l => l.Text));
        }
    }

    [Fact]
    public void A_damaged_end_is_forgotten_and_what_is_before_it_stays()
    {
        using (var spool = Open())
        {
            Append(spool, new(1, 1, 1), "one");
            Append(spool, new(1, 2, 2), "two");
        }

        var file = Directory.GetFiles(_folder.Path).Single();
        var bytes = File.ReadAllBytes(file);
        bytes[^1] ^= 1;
        File.WriteAllBytes(file, bytes);

        using var again = Open();
        Assert.Equal(["one"], again.Read(1, 10).Select(static l => l.Text));
    }

    [Fact]
    public void When_it_is_full_the_oldest_go_and_a_line_says_so()
    {
        using var spool = new TaskSpool(_folder.Path, TimeProvider.System, 4 << 20);
        var line = new string('x', 1000);
        for (var i = 0; i < 10_000; i++)
            Append(spool, new(1, i, 0), i.ToString(CultureInfo.InvariantCulture) + line);

        Assert.InRange(Directory.GetFiles(_folder.Path).Sum(static f => new FileInfo(f).Length), 2 << 20, 5 << 20);
        Assert.InRange(spool.First, 2, 9_999);
        var lines = spool.Read(5, 3);
        Assert.Equal((spool.First - 1, "adit"), (lines[0].Number, lines[0].Stream));
        Assert.StartsWith($"{spool.First - 5} lines were dropped here", lines[0].Text, StringComparison.Ordinal);
        Assert.Equal((spool.First, (spool.First - 1).ToString(CultureInfo.InvariantCulture) + line), (lines[1].Number, lines[1].Text));
        Assert.Equal(10_001, spool.End);
    }

    [Fact]
    public void What_the_hub_has_is_freed_without_a_word()
    {
        using var spool = new TaskSpool(_folder.Path, TimeProvider.System, 16 << 20);
        var line = new string('x', 10_000);
        for (var i = 0; i < 500; i++)
            Append(spool, new(1, i, 0), line);
        var before = Directory.GetFiles(_folder.Path).Length;

        spool.Trim(400);

        Assert.True(Directory.GetFiles(_folder.Path).Length < before);
        Assert.InRange(spool.First, 2, 400);
        Assert.Equal(400, spool.Read(400, 1).Single().Number);
        spool.Trim(spool.End);
        Assert.NotEmpty(Directory.GetFiles(_folder.Path)); // Knows its number and position even so.
        using var again = Open();
        Assert.Equal(501, again.End);
    }

    [Fact]
    public async Task Who_waits_is_told_and_reads_while_it_is_written()
    {
        const int Lines = 20_000;
        using var spool = new TaskSpool(_folder.Path, TimeProvider.System);
        var reader = Task.Run(async () =>
        {
            var next = 1L;
            while (next <= Lines)
            {
                await spool.WaitAsync(next, CancellationToken.None);
                foreach (var line in spool.Read(next, 500))
                {
                    Assert.Equal(next, line.Number);
                    Assert.Equal(next.ToString(CultureInfo.InvariantCulture), line.Text);
                    next++;
                }
            }
        });

        for (var i = 1; i <= Lines; i += 10)
            Append(spool, new(1, i, 0), [.. Enumerable.Range(i, 10).Select(static n => n.ToString(CultureInfo.InvariantCulture))]);

        await reader.WaitAsync(Deadline);
    }

    private TaskSpool Open() => new(_folder.Path, TimeProvider.System);

    private static void Append(TaskSpool spool, SpoolPosition position, params string[] lines)
    {
        using var batch = new SpoolBatch();
        foreach (var line in lines)
            batch.Add(0, Encoding.UTF8.GetBytes(line), isPart: false);
        spool.Append(batch, position);
    }
}
