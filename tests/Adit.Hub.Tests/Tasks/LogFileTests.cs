using Adit.Api;
using Adit.Hub.Tasks;

namespace Adit.Hub.Tests.Tasks;

public sealed class LogFileTests : IDisposable
{
    private static readonly DateTimeOffset At = DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_123);
    private readonly string _directory = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    [Fact]
    public async Task Lines_come_back_as_they_were_also_from_a_new_object()
    {
        LogLine[] lines =
        [
            new(1, At, "out", "hello"), new(2, At, "err", "") { IsPart = true }, new(3, At, "adit", "50%\r100%"), new(4, At, "out", @"C:\new\r"), new(5, At, "out", "ü\u2028✓ \ttab"),
        ];
        using (var log = new LogFile(_directory))
            Assert.Equal(6, await log.AppendAsync(lines));
        using var again = new LogFile(_directory);
        var page = await again.ReadAsync(1, 100, null);
        Assert.Equal(lines, page.Lines);
        Assert.Equal((1, 6), (page.First, page.End));
    }

    [Fact]
    public async Task What_is_there_already_is_not_stored_twice()
    {
        using var log = new LogFile(_directory);
        await log.AppendAsync(Lines(1, 10));
        Assert.Equal(16, await log.AppendAsync(Lines(6, 10)));
        Assert.Equal(16, await log.AppendAsync([]));
        Assert.Equal(Enumerable.Range(1, 15).Select(static n => (long)n), (await log.ReadAsync(1, 100, null)).Lines.Select(static l => l.Number));
    }

    [Fact]
    public async Task A_line_that_a_crash_left_half_written_is_cut_off_and_comes_again()
    {
        using (var log = new LogFile(_directory))
            await log.AppendAsync(Lines(1, 10));
        var file = Directory.GetFiles(_directory).Single();
        await File.AppendAllTextAsync(file, "11 179000");
        using var again = new LogFile(_directory);
        Assert.Equal(12, await again.AppendAsync(Lines(11, 1)));
        Assert.Equal(11, (await again.ReadAsync(1, 100, null)).Lines.Count);
    }

    [Fact]
    public async Task The_oldest_go_when_there_is_too_much_and_the_last_are_found_without_asking_for_a_number()
    {
        using var log = new LogFile(_directory);
        var text = new string('x', 16_000);
        for (var first = 1; first <= 9000; first += 250)
            await log.AppendAsync([.. Enumerable.Range(first, 250).Select(n => new LogLine(n, At, "out", text))]);
        var page = await log.ReadAsync(null, 3, null);
        Assert.Equal([8998, 8999, 9000], page.Lines.Select(static l => l.Number));
        Assert.InRange(page.First, 2000, 4000);
        Assert.InRange(Directory.GetFiles(_directory).Sum(static f => new FileInfo(f).Length), 90L << 20, 110L << 20);
        Assert.Equal(page.First, (await log.ReadAsync(1, 1, null)).Lines.Single().Number);
    }

    [Fact]
    public async Task Lines_are_found_by_what_they_say()
    {
        using var log = new LogFile(_directory);
        await log.AppendAsync([new(1, At, "out", "epoch 1 loss 0.9"), new(2, At, "err", "WARNING: slow"), new(3, At, "out", "epoch 2 Loss 0.5")]);
        Assert.Equal([1, 3], (await log.ReadAsync(1, 100, "loss")).Lines.Select(static l => l.Number));
        Assert.Equal([3], (await log.ReadAsync(null, 1, "LOSS")).Lines.Select(static l => l.Number));
    }

    [Fact(Timeout = 20_000)]
    public async Task Who_waits_for_a_line_is_woken_by_it()
    {
        using var log = new LogFile(_directory);
        var waiting = log.WaitAsync(3, TestContext.Current.CancellationToken);
        await log.AppendAsync(Lines(1, 2));
        Assert.False(waiting.IsCompleted);
        await log.AppendAsync(Lines(3, 1));
        await waiting;
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static LogLine[] Lines(int first, int count) => [.. Enumerable.Range(first, count).Select(static n => new LogLine(n, At, "out", $"line {n}"))];
}
