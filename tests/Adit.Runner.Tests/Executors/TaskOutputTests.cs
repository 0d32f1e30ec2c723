using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text;
using Adit.Api;
using Adit.Runner.Executors;
using Adit.Testing;

namespace Adit.Runner.Tests.Executors;

[SupportedOSPlatform("linux")]
public sealed class TaskOutputTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly TempDirectory _folder = new();
    private readonly TaskSpool _spool;

    public TaskOutputTests()
    {
        _folder.Write("out", "");
        _folder.Write("err", "");
        _spool = new TaskSpool(_folder.File("log"), TimeProvider.System);
    }

    public void Dispose()
    {
        _spool.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_waits_for_its_end_of_line_is_shown_after_a_second()
    {
        using var cancel = new CancellationTokenSource();
        var following = FollowAsync(new TaskCompletionSource().Task, cancel.Token);
        Write("out", Encoding.UTF8.GetBytes("Name? ü").AsSpan()[..^1]); // Half a character stays back.

        await _spool.WaitAsync(1, CancellationToken.None).WaitAsync(Deadline);
        Write("out", [0xBC, .. " Ada\nnext\n"u8]);
        await _spool.WaitAsync(3, CancellationToken.None).WaitAsync(Deadline);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => following);

        Assert.Equal([("Name? ", true), ("ü Ada", false), ("next", false)], _spool.Read(1, 10).Select(static l => (l.Text, l.IsPart)));
    }

    [Fact]
    public async Task Twenty_MB_without_an_end_of_line_come_in_pieces()
    {
        var piece = new byte[1 << 20];
        Array.Fill(piece, (byte)'x');
        for (var i = 0; i < 20; i++)
            Write("out", piece);

        await FollowAsync(Task.CompletedTask, CancellationToken.None).WaitAsync(Deadline);

        var total = 0L;
        for (var lines = _spool.Read(1, 1000); lines.Count > 0; lines = _spool.Read(lines[^1].Number + 1, 1000))
            total += lines.Sum(static l => l.Text.Length);
        Assert.Equal(20L << 20, total);
    }

    [Fact]
    public async Task What_was_read_is_freed_while_the_writer_has_the_file_open()
    {
        var line = Encoding.UTF8.GetBytes(new string('x', 999) + "\n");
        using var file = new FileStream(_folder.File("out"), FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        for (var i = 0; i < 8_000; i++)
            file.Write(line);
        file.Flush();

        await FollowAsync(Task.CompletedTask, CancellationToken.None).WaitAsync(Deadline);

        Assert.Equal(8_000_000, new FileInfo(_folder.File("out")).Length);
        Assert.InRange(await BlocksAsync("out"), 0, 3 << 20);
        file.Write("more\n"u8);
        file.Flush();
        await FollowAsync(Task.CompletedTask, CancellationToken.None).WaitAsync(Deadline);
        Assert.Equal("more", _spool.Read(8_001, 1).Single().Text);
    }

    [Fact]
    public async Task A_program_that_cuts_its_own_output_off_is_followed_on()
    {
        Write("out", "one\ntwo\n"u8);
        await FollowAsync(Task.CompletedTask, CancellationToken.None).WaitAsync(Deadline);
        using (var file = new FileStream(_folder.File("out"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            file.SetLength(0);
        await FollowAsync(Task.CompletedTask, CancellationToken.None).WaitAsync(Deadline);
        Write("out", "anew\n"u8);
        await FollowAsync(Task.CompletedTask, CancellationToken.None).WaitAsync(Deadline);

        Assert.Equal(["one", "two", "anew"], _spool.Read(1, 10).Select(static l => l.Text));
    }

    [Fact]
    public async Task Empty_lines_by_the_hundred_thousand_fit()
    {
        var lines = new byte[500_000];
        Array.Fill(lines, (byte)'\n');
        Write("out", lines);
        Array.Fill(lines, (byte)0xFF); // And bytes that each become three.
        Write("err", lines);

        await FollowAsync(Task.CompletedTask, CancellationToken.None).WaitAsync(Deadline);

        var all = new List<LogLine>();
        for (var some = _spool.Read(1, 100_000); some.Count > 0; some = _spool.Read(all[^1].Number + 1, 100_000))
            all.AddRange(some);
        Assert.Equal(500_000, all.Count(static l => l is { Stream: "out", Text: "" }));
        Assert.Equal(500_000, all.Where(static l => l.Stream == "err").Sum(static l => l.Text.Length));
    }

    [Fact]
    public async Task A_new_attempt_begins_with_its_own_files()
    {
        Write("out", "first\n"u8);
        await FollowAsync(Task.CompletedTask, CancellationToken.None).WaitAsync(Deadline);
        _folder.Write("out", "second\n");

        await new TaskOutput(_folder.File("out"), _folder.File("err"), 2, _spool, TimeProvider.System).FollowAsync(Task.CompletedTask, CancellationToken.None).WaitAsync(Deadline);

        Assert.Equal(["first", "second"], _spool.Read(1, 10).Select(static l => l.Text));
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task Fifty_thousand_lines_a_second_are_kept_up_with()
    {
        const int Seconds = 10;
        const int Rate = 50_000;
        using var folder = new TempDirectory();
        var spec = new TaskSpec
        {
            Id = $"rate-{Environment.ProcessId}",
            Attempt = 1,
            Name = "test",
            Owner = "ada",
            Kind = TaskKind.Job,
            Executor = "process",
            Command = ["/usr/bin/python3", "-c", $"""
                import sys, time
                block = ''.join('%06d a line of a log as programs write them, a hundred bytes or so in all, in the end\n' % i for i in range({Rate / 100}))
                began = time.monotonic()
                for i in range({Seconds * 100}):
                    sys.stdout.write(block); sys.stdout.flush()
                    time.sleep(max(0, began + (i + 1) / 100 - time.monotonic()))
                """],
        };
        var place = new TaskPlace(folder.Path, spec.Id);
        var executor = new ProcessExecutor(new(), new Random(), TimeProvider.System);
        await executor.PrepareAsync(place, spec, new Progress<string>(), CancellationToken.None);
        using var spool = new TaskSpool(place.LogDirectory, TimeProvider.System);
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var began = Stopwatch.GetTimestamp();

        await using var execution = await executor.StartAsync(place, spec, CancellationToken.None);
        var reading = execution.ReadOutputAsync(spool, CancellationToken.None);
        await execution.Ended.WaitAsync(Deadline);
        var ended = Stopwatch.GetTimestamp();
        await reading.WaitAsync(Deadline);

        var behind = Stopwatch.GetElapsedTime(ended);
        var took = Stopwatch.GetElapsedTime(began);
        var used = (Process.GetCurrentProcess().TotalProcessorTime - cpu) / took;
        TestContext.Current.TestOutputHelper?.WriteLine($"{(spool.End - 1) / took.TotalSeconds:0} lines/s for {took.TotalSeconds:0.0} s, {used:P0} of a core, {behind.TotalMilliseconds:0} ms behind at the end");
        Assert.Equal(Seconds * Rate, spool.End - 1);
        Assert.True(behind < TimeSpan.FromSeconds(1), $"{behind} behind");
    }

    private Task FollowAsync(Task ended, CancellationToken cancellationToken) =>
        new TaskOutput(_folder.File("out"), _folder.File("err"), 1, _spool, TimeProvider.System).FollowAsync(ended, cancellationToken);

    private void Write(string file, ReadOnlySpan<byte> bytes)
    {
        using var stream = new FileStream(_folder.File(file), FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        stream.Write(bytes);
    }

    private async Task<long> BlocksAsync(string file)
    {
        using var process = Process.Start(new ProcessStartInfo("stat", ["-c", "%b", _folder.File(file)]) { RedirectStandardOutput = true })!;
        var text = await process.StandardOutput.ReadToEndAsync();
        return long.Parse(text, System.Globalization.CultureInfo.InvariantCulture) * 512;
    }
}
