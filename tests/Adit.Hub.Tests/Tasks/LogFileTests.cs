using Adit.Api;
using Adit.Hub.Storage;
using Adit.Hub.Tasks;
using Adit.Testing;

namespace Adit.Hub.Tests.Tasks;

public sealed class LogFileTests : IDisposable
{
    private static readonly DateTimeOffset At = DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_123);
    private readonly string _directory = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_number_that_no_runner_can_have_come_to_is_not_taken_and_leaves_room_for_others()
    {
        using var directory = new TempDirectory();
        using var log = new LogFile(directory.File("log"), TimeProvider.System);
        Assert.Equal(2, await log.AppendAsync([new LogLine(1, DateTimeOffset.UnixEpoch, "out", "one"), new LogLine((1L << 53) - 1, DateTimeOffset.UnixEpoch, "out", "poison")]));
        Assert.Equal(3, await log.AppendAsync([new LogLine(2, DateTimeOffset.UnixEpoch, "out", "two")]));
    }

    [Fact]
    public async Task Lines_come_back_as_they_were_also_from_a_new_object()
    {
        LogLine[] lines =
        [
            new(1, At, "out", "hello"), new(2, At, "err", "") { IsPart = true }, new(3, At, "adit", "50%\r100%"), new(4, At, "out", @"C:\new\r"), new(5, At, "out", "ü\u2028✓ \ttab"),
        ];
        using (var log = new LogFile(_directory, TimeProvider.System))
            Assert.Equal(6, await log.AppendAsync(lines));
        using var again = new LogFile(_directory, TimeProvider.System);
        var page = await again.ReadAsync(1, 100, null, Ct);
        Assert.Equal(lines, page.Lines);
        Assert.Equal((1, 6), (page.First, page.End));
    }

    [Fact]
    public async Task What_is_there_already_is_not_stored_twice()
    {
        using var log = new LogFile(_directory, TimeProvider.System);
        await log.AppendAsync(Lines(1, 10));
        Assert.Equal(16, await log.AppendAsync(Lines(6, 10)));
        Assert.Equal(16, await log.AppendAsync([]));
        Assert.Equal(Enumerable.Range(1, 15).Select(static n => (long)n), (await log.ReadAsync(1, 100, null, Ct)).Lines.Select(static l => l.Number));
    }

    [Fact]
    public async Task A_line_that_a_crash_left_half_written_is_cut_off_and_comes_again()
    {
        using (var log = new LogFile(_directory, TimeProvider.System))
            await log.AppendAsync(Lines(1, 10));
        var file = Directory.GetFiles(_directory).Single();
        await File.AppendAllTextAsync(file, "11 179000");
        using var again = new LogFile(_directory, TimeProvider.System);
        Assert.Equal(12, await again.AppendAsync(Lines(11, 1)));
        Assert.Equal(11, (await again.ReadAsync(1, 100, null, Ct)).Lines.Count);
    }

    [Fact]
    public async Task The_oldest_go_when_there_is_too_much_and_the_last_are_found_without_asking_for_a_number()
    {
        using var log = new LogFile(_directory, TimeProvider.System);
        var text = new string('x', 16_000);
        for (var first = 1; first <= 9000; first += 250)
            await log.AppendAsync([.. Enumerable.Range(first, 250).Select(n => new LogLine(n, At, "out", text))]);
        var page = await log.ReadAsync(null, 3, null, Ct);
        Assert.Equal([8998, 8999, 9000], page.Lines.Select(static l => l.Number));
        Assert.InRange(page.First, 2000, 4000);
        Assert.InRange(Directory.GetFiles(_directory).Sum(static f => new FileInfo(f).Length), 90L << 20, 110L << 20);
        Assert.Equal(page.First, (await log.ReadAsync(1, 1, null, Ct)).Lines.Single().Number);
    }

    [Fact]
    public async Task A_line_in_the_middle_is_found_wherever_one_begins()
    {
        using var log = new LogFile(_directory, TimeProvider.System);
        var text = new string('x', 1000);
        for (var first = 1; first <= 3000; first += 100)
            await log.AppendAsync([.. Enumerable.Range(first, 100).Select(n => new LogLine(n, At, "out", text))]);
        foreach (var from in new[] { 1, 2, 99, 100, 101, 1999, 2950, 3000 })
            Assert.Equal(Enumerable.Range(from, Math.Min(50, 3001 - from)).Select(static n => (long)n), (await log.ReadAsync(from, 50, null, Ct)).Lines.Select(static l => l.Number));
        Assert.Empty((await log.ReadAsync(3001, 50, null, Ct)).Lines);
    }

    [Fact]
    public async Task A_log_that_nobody_writes_holds_no_file_and_goes_on_where_it_was()
    {
        var time = new ManualTimeProvider();
        using var log = new LogFile(_directory, time);
        await log.AppendAsync(Lines(1, 10));
        time.Advance(TimeSpan.FromMinutes(11));
        await log.CloseSilentAsync(TimeSpan.FromMinutes(10));
        AssertNothingOpen();
        Assert.Equal(10, (await log.ReadAsync(1, 100, null, Ct)).Lines.Count);
        Assert.Equal(13, await log.AppendAsync(Lines(11, 2)));
    }

    [Fact]
    public async Task Who_reads_a_log_opens_nothing_for_long_and_changes_nothing_of_what_is_half_written()
    {
        var text = new string('ü', 100_000); // Longer than what is looked at first.
        using (var log = new LogFile(_directory, TimeProvider.System))
            await log.AppendAsync([.. Lines(1, 10), new(11, At, "out", text)]);
        var file = Directory.GetFiles(_directory).Single();
        await File.AppendAllTextAsync(file, "12 1790000000123 out hal", Ct);
        var before = await File.ReadAllBytesAsync(file, Ct);
        using var again = new LogFile(_directory, TimeProvider.System);
        Assert.Equal(12, await again.EndAsync());
        Assert.Equal([text], (await again.ReadAsync(null, 1, null, Ct)).Lines.Select(static l => l.Text));
        AssertNothingOpen();
        Assert.Equal(before, await File.ReadAllBytesAsync(file, Ct));
        Assert.Equal(13, await again.AppendAsync(Lines(12, 1)));
        Assert.Equal([11, 12], (await again.ReadAsync(null, 2, null, Ct)).Lines.Select(static l => l.Number));
    }

    [Fact]
    public async Task A_log_that_may_not_be_written_is_a_failure_of_storage()
    {
        Directory.CreateDirectory(Path.Combine(_directory, "000000000000000001.log")); // Nobody may write a folder, root neither.
        using var log = new LogFile(_directory, TimeProvider.System);
        var refused = await Assert.ThrowsAsync<StorageException>(() => log.AppendAsync(Lines(1, 1)));
        Assert.StartsWith("The log could not be written: ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_asks_for_a_log_that_there_is_not_makes_none()
    {
        using var log = new LogFile(_directory, TimeProvider.System);
        Assert.Equal((1, 1), (await log.EndAsync(), (await log.ReadAsync(null, 10, null, Ct)).End));
        Assert.False(Directory.Exists(_directory));
    }

    [Fact]
    public async Task Lines_are_found_by_what_they_say()
    {
        using var log = new LogFile(_directory, TimeProvider.System);
        await log.AppendAsync([new(1, At, "out", "epoch 1 loss 0.9"), new(2, At, "err", "WARNING: slow"), new(3, At, "out", "epoch 2 Loss 0.5")]);
        Assert.Equal([1, 3], (await log.ReadAsync(1, 100, "loss", Ct)).Lines.Select(static l => l.Number));
        Assert.Equal([3], (await log.ReadAsync(null, 1, "LOSS", Ct)).Lines.Select(static l => l.Number));
    }

    [Fact(Timeout = 20_000)]
    public async Task Who_waits_for_a_line_is_woken_by_it()
    {
        using var log = new LogFile(_directory, TimeProvider.System);
        var waiting = log.WaitAsync(3, TestContext.Current.CancellationToken);
        await log.AppendAsync(Lines(1, 2));
        Assert.False(waiting.IsCompleted);
        await log.AppendAsync(Lines(3, 1));
        await waiting;
    }

    public void Dispose()
    {
        if (Directory.Exists(_directory))
            Directory.Delete(_directory, recursive: true);
    }

    private void AssertNothingOpen()
    {
        if (OperatingSystem.IsLinux())
            Assert.DoesNotContain(Directory.GetFileSystemEntries("/proc/self/fd"), f => Target(f)?.StartsWith(_directory, StringComparison.Ordinal) == true);

        // Other tests open and close files beside this one.
        static string? Target(string link)
        {
            try
            {
                return File.ResolveLinkTarget(link, returnFinalTarget: false)?.FullName;
            }
            catch (IOException)
            {
                return null;
            }
        }
    }

    private static LogLine[] Lines(int first, int count) => [.. Enumerable.Range(first, count).Select(static n => new LogLine(n, At, "out", $"line {n}"))];
}
