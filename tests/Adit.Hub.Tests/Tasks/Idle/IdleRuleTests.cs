using Adit.Hub.Tasks.Idle;
using Adit.Hub.Templates;

namespace Adit.Hub.Tests.Tasks.Idle;

/// <summary>The decision, simulated look by look with a clock that is a number. Each case is something that goes wrong elsewhere.</summary>
public sealed class IdleRuleTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly IdlePolicy App = new()
    {
        Steps = [new IdleStep(Minutes(15), IdleAction.Stop)],
        Warn = Minutes(2),
        WebSocketPassiveMax = Minutes(30),
        BusyMax = TimeSpan.FromHours(1),
        MinUptime = Minutes(2),
    };

    private static readonly IdlePolicy Workspace = App with
    {
        Steps = [new IdleStep(Minutes(60), IdleAction.Stop)], Warn = Minutes(10), BusyMax = TimeSpan.FromHours(24), MinUptime = Minutes(10), JupyterKernels = true,
        ComputeCpu = 0.05, ComputeGpu = 0.05, ComputeWindow = Minutes(5), MaxAge = TimeSpan.FromDays(7),
    };

    /// <summary>What happens in a minute, and when it is stopped by that: minutes after ready; null when it still runs after two days.</summary>
    public static TheoryData<string, int?> Cases() => new()
    {
        { "app: nobody ever comes", 15 },
        { "app: a request each 5 minutes for 10 hours", 600 + 15 },
        { "app: requests each 14 minutes for a day (24 h wrap, P14)", 1440 + 15 - (1440 % 14) },
        { "app: nothing but bots and probes, each second (P1, P4)", 15 },
        { "app: our own page polls its state (P3)", 15 },
        { "app: a page that pushes to itself, forgotten in a window (P2, P7)", 30 + 15 },
        { "app: one visit, then the page pushes for ever (P7)", 60 + 30 + 15 },
        { "app: events of a dashboard for ever (P12)", 30 + 15 },
        { "app: messages over a WebSocket for three hours", 180 + 15 },
        { "app: a download of six hours (P11)", 360 + 15 },
        { "app: compute is off, and it computes (P17)", 15 },
        { "app: a keep-alive script asks for ever (P18)", null },
        { "app with maxAge: a keep-alive script asks for ever (P18)", 240 },
        { "workspace: the browser is closed and a cell runs for ten hours (P5, jupyterhub#1498)", 600 + 60 },
        { "workspace: a kernel is stuck busy (P6)", 1440 + 60 },
        { "workspace: a daemon beats below the threshold while its GPU idles (P17)", 60 },
        { "workspace: a GPU at work, no CPU", 300 + 60 },
        { "workspace: computing for ever", 1440 + 60 },
        { "workspace: busy by turns, twenty hours each with a break", null },
        { "workspace: a terminal is typed in for two hours", 120 + 60 },
        { "workspace: a terminal is open and nobody types", 60 },
        { "workspace: a lease of five hours", 300 },
        { "workspace: a lease of half an hour", 60 },
        { "workspace: somebody asks for eight hours", 480 },
        { "workspace: used each half hour for two weeks (maxAge)", 7 * 1440 },
        { "never: no step and no age", null },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Is_stopped_when_it_should(string what, int? minutes)
    {
        var (policy, happens) = Case(what);
        var stopped = Simulate(policy, happens, minutes is > 2880 ? TimeSpan.FromDays(14) : TimeSpan.FromDays(2));

        Assert.Equal(minutes, stopped is null ? null : (int)Math.Round((stopped.Value - Start).TotalMinutes));
    }

    [Fact]
    public void Warns_once_before_it_stops_and_no_sooner_than_it_says()
    {
        var memory = new IdleMemory { Attempt = 1, Ready = Start };
        var verdicts = new List<(double Minute, IdleVerdict Verdict)>();
        for (var now = Start; verdicts.LastOrDefault().Verdict != IdleVerdict.Stop; now += TimeSpan.FromSeconds(15))
        {
            var decision = IdleRule.Decide(App, memory.At(now, null)!);
            memory = memory with { Warned = decision.Verdict == IdleVerdict.Warn ? now : decision.IsWarned ? memory.Warned : null };
            if (decision.Verdict != IdleVerdict.Keep)
                verdicts.Add(((now - Start).TotalMinutes, decision.Verdict));
        }

        Assert.Equal([(13.0, IdleVerdict.Warn), (15.0, IdleVerdict.Stop)], verdicts);
    }

    [Fact]
    public void Use_after_the_warning_takes_it_back()
    {
        var warned = new IdleSignals { Now = Start + Minutes(14), Ready = Start, Warned = Start + Minutes(13), Request = Start + Minutes(14) };

        var decision = IdleRule.Decide(App, warned);

        Assert.False(decision.IsWarned);
        Assert.Equal(IdleVerdict.Keep, decision.Verdict);
        Assert.Equal(Start + Minutes(29), decision.StopsAt);
    }

    [Fact]
    public void An_extension_after_the_warning_takes_it_back()
    {
        var decision = IdleRule.Decide(App, new IdleSignals { Now = Start + Minutes(14), Ready = Start, Warned = Start + Minutes(13), Extension = Start + Minutes(300) });

        Assert.False(decision.IsWarned);
        Assert.Equal(Start + Minutes(300), decision.StopsAt);
        var later = IdleRule.Decide(App, new IdleSignals { Now = Start + Minutes(298), Ready = Start, Extension = Start + Minutes(300) });
        Assert.Equal(IdleVerdict.Warn, later.Verdict);
    }

    [Fact]
    public void A_restart_of_the_hub_is_no_mass_end()
    {
        // It was down for three hours; its clock or somebody's is not to be trusted with what happened then (P9).
        var back = Start + Minutes(180);
        var signals = new IdleSignals { Now = back, Ready = Start, Request = Start + Minutes(5), Resumed = back };

        var first = IdleRule.Decide(App, signals);
        var atGrace = IdleRule.Decide(App, signals with { Now = back + Minutes(5), Warned = back + Minutes(3) });

        Assert.Equal(IdleVerdict.Keep, first.Verdict);
        Assert.Equal(back + Minutes(5), first.StopsAt);
        Assert.Equal(IdleVerdict.Stop, atGrace.Verdict);
    }

    [Fact]
    public void A_restart_of_the_hub_is_no_mass_amnesty()
    {
        var back = Start + Minutes(10);

        var decision = IdleRule.Decide(App, new IdleSignals { Now = back, Ready = Start, Request = Start + Minutes(1), Resumed = back });

        Assert.Equal(Start + Minutes(16), decision.StopsAt);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(300)]
    public void Stamps_from_the_future_count_as_now_and_no_longer(int minutesAhead)
    {
        var memory = new IdleMemory { Attempt = 1, Ready = Start, Request = Start + Minutes(minutesAhead), Kernel = new Stretch(Start, Start + Minutes(minutesAhead)) };

        var kept = memory.NotAfter(Start);

        Assert.Equal(Start + Minutes(60), IdleRule.Decide(Workspace, kept.At(Start, null)!).StopsAt);
        Assert.Equal(Start, IdleRule.Decide(Workspace, memory.At(Start, null)!).IdleSince);
    }

    [Theory]
    [InlineData(-5)]
    [InlineData(5)]
    public void A_skew_of_five_minutes_moves_nothing_by_more_than_that(int minutes)
    {
        var memory = new IdleMemory { Attempt = 1, Ready = Start, Request = Start + Minutes(30) }.NotAfter(Start + Minutes(40 + minutes));

        var decision = IdleRule.Decide(Workspace, memory.At(Start + Minutes(40 + minutes), null)!);

        Assert.Equal(Start + Minutes(90), decision.StopsAt);
    }

    [Fact]
    public void A_ladder_freezes_first_and_stops_later()
    {
        var ladder = Workspace with { Steps = [new IdleStep(Minutes(15), IdleAction.Freeze), new IdleStep(Minutes(60), IdleAction.Stop)] };
        var signals = new IdleSignals { Now = Start + Minutes(15), Ready = Start };

        Assert.Equal(IdleVerdict.Freeze, IdleRule.Decide(ladder, signals).Verdict);
        Assert.Equal(IdleVerdict.Keep, IdleRule.Decide(ladder, signals with { IsFrozen = true }).Verdict);
        Assert.Equal(IdleVerdict.Stop, IdleRule.Decide(ladder, signals with { IsFrozen = true, Now = Start + Minutes(60), Warned = Start + Minutes(50) }).Verdict);
        Assert.Equal(IdleVerdict.Keep, IdleRule.Decide(ladder, signals with { Thawed = Start + Minutes(14.5) }).Verdict);
    }

    [Fact]
    public void What_it_is_kept_by_is_said()
    {
        var signals = new IdleSignals { Now = Start + Minutes(20), Ready = Start };

        Assert.StartsWith("it is halted until somebody comes: ", IdleRule.Decide(App, signals with { IsFrozen = true, Now = Start + Minutes(5) }).Reason);
        Assert.Contains("lease", IdleRule.Decide(App, signals with { Lease = Start + Minutes(30) }).Reason);
        Assert.Contains("asked to keep it", IdleRule.Decide(App, signals with { Extension = Start + Minutes(30) }).Reason);
        Assert.Contains("in use", IdleRule.Decide(App, signals with { Request = signals.Now }).Reason);
        Assert.Contains("never stops it", IdleRule.Decide(new IdlePolicy(), signals).Reason);
    }

    [Fact]
    public void Leases_of_a_day_are_bounded_together()
    {
        var memory = new IdleMemory { Attempt = 1 };
        var (hour, most) = (TimeSpan.FromHours(1), TimeSpan.FromHours(12));
        for (var i = 0; i < 12; i++)
            memory = IdleLeases.Take(memory, Start + (i * hour), hour, "training", most).Next!;

        Assert.NotNull(IdleLeases.Take(memory, Start + (12 * hour), hour, "training", most).Refusal);
        Assert.NotNull(IdleLeases.Take(memory, Start + (25 * hour), hour, "training", most).Next);
        Assert.Null(IdleLeases.Take(memory, Start + (12 * hour), TimeSpan.Zero, null, most).Next!.Lease);
    }

    [Fact]
    public void A_lease_that_is_renewed_each_second_counts_once()
    {
        var memory = new IdleMemory { Attempt = 1 };
        for (var i = 0; i < 3600; i++)
            memory = IdleLeases.Take(memory, Start + TimeSpan.FromSeconds(i), TimeSpan.FromHours(1), null, TimeSpan.FromHours(2)).Next!;

        Assert.InRange(memory.Leases.Sum(static l => l.Seconds), 7190, 7200);
        Assert.True(memory.Leases.Count < 70);
    }

    private static (IdlePolicy Policy, Func<double, IdleMemory, DateTimeOffset, IdleMemory> Happens) Case(string what)
    {
        var rest = what[(what.IndexOf(':') + 2)..];
        var policy = what.StartsWith("workspace", StringComparison.Ordinal) ? Workspace
            : what.StartsWith("app with maxAge", StringComparison.Ordinal) ? App with { MaxAge = Minutes(240) }
            : what.StartsWith("never", StringComparison.Ordinal) ? new IdlePolicy()
            : App;
        return (policy, (minute, m, now) => rest.Split(" (")[0] switch
        {
            "a request each 5 minutes for 10 hours" => minute <= 600 && minute % 5 == 0 ? m with { Request = now } : m,
            "requests each 14 minutes for a day" => minute <= 1440 && minute % 14 == 0 ? m with { Request = now } : m,
            "a page that pushes to itself, forgotten in a window" or "events of a dashboard for ever" => m with { Push = now },
            "one visit, then the page pushes for ever" => m with { Push = now, Request = minute <= 60 ? now : m.Request },
            "messages over a WebSocket for three hours" => minute <= 180 ? m with { Message = now } : m,
            "a download of six hours" => minute <= 360 ? m with { Request = now } : m,
            "compute is off, and it computes" => m with { Compute = Stretch.Next(m.Compute, true, now) },
            "a keep-alive script asks for ever" => m with { Request = now },
            "the browser is closed and a cell runs for ten hours" => m with { Kernel = Stretch.Next(m.Kernel, minute <= 600, now) },
            "a kernel is stuck busy" => m with { Kernel = Stretch.Next(m.Kernel, true, now) },
            "a daemon beats below the threshold while its GPU idles" => m with { Compute = Stretch.Next(m.Compute, false, now) },
            "a GPU at work, no CPU" => m with { Compute = Stretch.Next(m.Compute, minute <= 300, now) },
            "computing for ever" => m with { Compute = Stretch.Next(m.Compute, true, now) },
            "busy by turns, twenty hours each with a break" => m with { Kernel = Stretch.Next(m.Kernel, minute % 1215 < 1200, now) },
            "a terminal is typed in for two hours" => minute <= 120 ? m with { Terminal = now } : m,
            "a lease of five hours" => minute == 0 ? m with { Lease = new(now + Minutes(300), null) } : m,
            "a lease of half an hour" => minute == 0 ? m with { Lease = new(now + Minutes(30), null) } : m,
            "somebody asks for eight hours" => minute == 0 ? m with { Extension = new(now + Minutes(480), null) } : m,
            "used each half hour for two weeks" => minute % 30 == 0 ? m with { Request = now } : m,
            _ => m,
        });
    }

    // When it is stopped, look by look; null when it is not.
    private static DateTimeOffset? Simulate(IdlePolicy policy, Func<double, IdleMemory, DateTimeOffset, IdleMemory> happens, TimeSpan most)
    {
        var memory = new IdleMemory { Attempt = 1, Ready = Start };
        for (var now = Start; now - Start <= most; now += TimeSpan.FromSeconds(15))
        {
            memory = happens((now - Start).TotalMinutes, memory, now);
            var decision = IdleRule.Decide(policy, memory.At(now, null)!);
            if (decision.Verdict == IdleVerdict.Stop)
                return now;
            memory = memory with { Warned = decision.Verdict == IdleVerdict.Warn ? now : decision.IsWarned ? memory.Warned : null };
        }

        return null;
    }

    private static TimeSpan Minutes(double minutes) => TimeSpan.FromMinutes(minutes);
}
