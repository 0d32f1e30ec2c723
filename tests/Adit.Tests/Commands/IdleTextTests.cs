using Adit.Api;
using Adit.Commands;
using Adit.Terminal;

namespace Adit.Tests.Commands;

/// <summary>What <c>adit idle</c> prints, and times as tasks are spoken of.</summary>
public sealed class IdleTextTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private static TaskIdleReport Report => new()
    {
        Task = "t1",
        State = "idle",
        Decision = "warn",
        Reason = "it is about to be stopped: the last request came 51 min ago",
        Warned = Now,
        Terms = new TaskIdleTerms(),
        Signals = [new TaskIdleSignal("request", Now - TimeSpan.FromMinutes(51), true, "requests", true), new TaskIdleSignal("message", null, true, "messages", false)],
        Ignored = [],
        History = [],
    };

    [Fact]
    public void What_decided_has_a_mark_of_its_own_and_what_counts_says_so()
    {
        var lines = IdleCommand.Text(Report, "demo", Now).Split('\n');
        Assert.Equal("idle, warn: it is about to be stopped: the last request came 51 min ago.", lines[0]);
        Assert.Contains(lines, static l => l.StartsWith("->", StringComparison.Ordinal) && l.Contains("request  51 min  yes", StringComparison.Ordinal));
        Assert.Contains(lines, static l => l.StartsWith("  ", StringComparison.Ordinal) && l.Contains("message  -       yes", StringComparison.Ordinal));
    }

    [Fact]
    public void The_task_is_called_by_its_name_and_not_by_a_placeholder() =>
        Assert.Contains("'adit extend demo 4h' keeps it.", IdleCommand.Text(Report, "demo", Now), StringComparison.Ordinal);

    [Fact]
    public void One_that_is_stopped_says_why_first_and_not_that_it_is_kept()
    {
        var report = Report with { State = "off", Decision = "keep", Reason = "it is stopped: nobody used it", Warned = null };
        Assert.StartsWith("off: it is stopped: nobody used it.\n", IdleCommand.Text(report, "demo", Now), StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_ends_of_age_is_not_said_to_be_kept_longer()
    {
        var report = Report with { Next = "stop", At = Now.AddMinutes(9), StopsAt = Now.AddMinutes(9), IsOfAge = true };
        var text = IdleCommand.Text(report, "demo", Now);
        Assert.Contains("Used or not: stop in 9 min.\nIts owner was warned. Nothing puts that off", text, StringComparison.Ordinal);
        Assert.DoesNotContain("adit extend", text, StringComparison.Ordinal);
        var kept = ExtendCommand.Text(report with { Extension = new TaskHold(Now.AddHours(4), null) }, "demo");
        Assert.Equal("demo is kept until 2026-11-22 12:09:00Z: then its template stops it, used or not.", kept);
        Assert.Contains("It is kept for 9 min, as somebody asked. Then its template stops it.", IdleCommand.Text(report with { Extension = new TaskHold(Now.AddHours(4), null) }, "demo", Now), StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_nothing_ends_is_not_said_to_end_after_it_was_kept() => Assert.Equal(
        "demo is kept until 2026-11-22 16:00:00Z. Nothing ends it afterwards either: its template never stops it.",
        ExtendCommand.Text(Report with { State = "off", Extension = new TaskHold(Now.AddHours(4), null) }, "demo"));

    [Theory]
    [InlineData(4 * 3600 - 0.3, "4 h")]
    [InlineData(3600 - 0.3, "60 min")]
    [InlineData(5400, "90 min")]
    [InlineData(59.4, "59 s")]
    [InlineData(59.6, "1 min")]
    [InlineData(0, "0 s")]
    [InlineData(-3, "0 s")]
    [InlineData(47 * 3600, "47 h")]
    [InlineData(3 * 86400 - 60, "3 d")]
    public void A_time_is_told_to_the_nearest(double seconds, string text) => Assert.Equal(text, TaskWords.Age(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void A_task_that_failed_has_failed() => Assert.Equal(("has failed", "is ready"), (TaskWords.Is(TaskState.Failed), TaskWords.Is(TaskState.Ready)));
}
