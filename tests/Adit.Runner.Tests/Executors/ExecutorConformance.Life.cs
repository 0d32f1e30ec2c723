using Adit.Api;
using Adit.Runner.Executors;
using Adit.Testing;

namespace Adit.Runner.Tests.Executors;

public abstract partial class ExecutorConformance
{
    [Fact]
    public async Task It_says_that_it_works_here()
    {
        var check = await NewExecutor().CheckAsync(CancellationToken.None).WaitAsync(Deadline);

        Assert.True(check.Works, string.Join(' ', check.Warnings));
    }

    [Fact]
    public async Task A_command_writes_and_ends_with_its_code()
    {
        var (end, stdout, stderr) = await RunAsync(Shell("echo one; echo two >&2; echo three; exit 3"));

        Assert.Equal(new ExecutionEnd(3), end);
        Assert.Equal(["one", "three"], stdout);
        Assert.Equal(["two"], stderr);
    }

    [Fact]
    public async Task A_command_that_ends_at_once_leaves_all_it_wrote()
    {
        var (end, stdout, _) = await RunAsync(Task("echo", "only this"));

        Assert.Equal(0, end.ExitCode);
        Assert.Equal(["only this"], stdout);
    }

    [Fact]
    public async Task A_server_answers_on_its_port_until_it_is_stopped()
    {
        var spec = Task("python3", "-c", Listener, "{{port}}", "hello") with { Ports = [new PortSpec { Name = "web" }] };
        var execution = await StartAsync(spec);

        await SaysAsync(execution.Ports["web"], "hello");
        Assert.True(System.Net.IPAddress.IsLoopback(execution.Ports["web"].Address));
        await execution.StopAsync(Grace, CancellationToken.None).WaitAsync(Deadline);

        Assert.Equal(143, (await execution.Ended.WaitAsync(Deadline)).ExitCode);
        Assert.Null(await HearAsync(execution.Ports["web"]));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("/")]
    public async Task It_is_ready_when_its_program_answers_and_no_sooner(string? path)
    {
        var spec = Shell("sleep 1.5; exec python3 -m http.server {{port}} --bind 0.0.0.0") with { Ports = [new PortSpec { Name = "web", HealthPath = path }] };
        var execution = await StartAsync(spec);

        await Adit.Runner.Agent.Readiness.WaitAsync(spec, execution, TimeProvider.System, CancellationToken.None).WaitAsync(Deadline);

        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri($"http://{execution.Ports["web"]}/")).WaitAsync(Deadline);
        Assert.True(answer.IsSuccessStatusCode);
    }

    [Fact]
    public async Task What_has_ended_is_not_waited_for()
    {
        var spec = Shell("exit 1") with { Ports = [new PortSpec { Name = "web" }] };
        var execution = await StartAsync(spec);
        await LinesAsync(spec, execution);

        await Adit.Runner.Agent.Readiness.WaitAsync(spec, execution, TimeProvider.System, CancellationToken.None).WaitAsync(Deadline);
        await Adit.Runner.Agent.Readiness.WaitAsync(spec, (await AdoptAsync(spec))!, TimeProvider.System, CancellationToken.None).WaitAsync(Deadline);
    }

    [Fact]
    public async Task Each_port_has_its_own_number_and_fixed_ones_keep_theirs()
    {
        var spec = Shell("echo {{port}} {{port.web}} {{port.api}} {{port.fixed}}") with
        {
            Ports = [new PortSpec { Name = "web" }, new PortSpec { Name = "api" }, new PortSpec { Name = "fixed", Port = Ports.Free() }],
        };

        var (_, stdout, _) = await RunAsync(spec);

        var numbers = Assert.Single(stdout).Split(' ');
        Assert.Equal(numbers[0], numbers[1]);
        Assert.NotEqual(numbers[1], numbers[2]);
        Assert.Equal(spec.Ports[2].Port.ToString(System.Globalization.CultureInfo.InvariantCulture), numbers[3]);
    }

    [Fact]
    public async Task Two_tasks_at_once_have_ports_of_their_own()
    {
        var executor = NewExecutor();
        TaskSpec Speaker(string word) => Task("python3", "-c", Listener, "{{port}}", word) with { Ports = [new PortSpec { Name = "web" }] };
        var both = await System.Threading.Tasks.Task.WhenAll(StartAsync(Speaker("first"), executor), StartAsync(Speaker("second"), executor));

        await SaysAsync(both[0].Ports["web"], "first");
        await SaysAsync(both[1].Ports["web"], "second");
    }

    [Fact]
    public async Task An_unknown_placeholder_is_named()
    {
        var e = await Assert.ThrowsAsync<ExecutorException>(() => StartAsync(Shell("echo {{prot}}")));

        Assert.Contains("{{prot}}", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signal_is_told_as_128_and_its_number()
    {
        var (end, _, _) = await RunAsync(Shell("kill -SEGV $$"));

        Assert.Equal(139, end.ExitCode);
    }

    [Fact]
    public async Task A_command_is_asked_to_end_and_may_say_its_own_code()
    {
        var spec = Shell("trap 'echo bye; exit 5' TERM; echo ready; while :; do sleep 0.1; done");
        var execution = await StartAsync(spec);
        var spool = Spool(spec);
        var reading = execution.ReadOutputAsync(spool, CancellationToken.None);
        await spool.WaitAsync(1, CancellationToken.None).WaitAsync(Deadline);

        await execution.StopAsync(Grace, CancellationToken.None).WaitAsync(Deadline);
        await reading.WaitAsync(Deadline);

        Assert.Equal(5, (await execution.Ended).ExitCode);
        Assert.Equal(["ready", "bye"], Of(spool.Read(1, 10), "out"));
    }

    [Fact]
    public async Task What_does_not_end_in_time_is_killed()
    {
        var spec = Shell("trap '' TERM; echo deaf; while :; do sleep 0.1; done");
        var execution = await StartAsync(spec);
        var spool = Spool(spec);
        using var done = new CancellationTokenSource();
        var reading = execution.ReadOutputAsync(spool, done.Token);
        await spool.WaitAsync(1, CancellationToken.None).WaitAsync(Deadline);

        await execution.StopAsync(TimeSpan.FromMilliseconds(300), CancellationToken.None).WaitAsync(Deadline);

        Assert.Equal(137, (await execution.Ended).ExitCode);
        await reading.WaitAsync(Deadline);
    }

    [Fact]
    public async Task A_child_in_a_session_of_its_own_that_ignores_TERM_goes_with_it()
    {
        var sleep = LongSleep();
        var spec = Shell($"setsid sh -c 'trap \"\" TERM; sleep {sleep}' & sleep {sleep}");
        var execution = await StartAsync(spec);
        await Eventually.HoldsAsync(() => Running(sleep) == 2, "both sleep");

        await execution.StopAsync(TimeSpan.FromMilliseconds(300), CancellationToken.None).WaitAsync(Deadline);

        Assert.Equal(0, Running(sleep));
    }

    [Fact]
    public async Task What_a_command_leaves_behind_goes_with_it()
    {
        var sleep = LongSleep();
        var (end, _, _) = await RunAsync(Shell($"{(FindsDetached ? "setsid " : "")}sleep {sleep} & sleep {sleep} & exit 4"));

        Assert.Equal(4, end.ExitCode);
        if (FindsDetached)
            Assert.Equal(0, Running(sleep));
        else
            await Eventually.HoldsAsync(() => Running(sleep) == 0, "they are gone"); // A signal to a session says nothing of when it has come.
    }

    [Fact]
    public async Task A_frozen_task_stands_still_and_goes_on()
    {
        var spec = Shell("i=0; while :; do i=$((i+1)); echo $i; sleep 0.05; done");
        var execution = await StartAsync(spec);
        var spool = Spool(spec);
        using var done = new CancellationTokenSource();
        var reading = execution.ReadOutputAsync(spool, done.Token);
        await spool.WaitAsync(3, CancellationToken.None).WaitAsync(Deadline);

        await execution.FreezeAsync(CancellationToken.None).WaitAsync(Deadline);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        await timer.WaitForNextTickAsync(); // What it wrote before is read.
        var before = spool.End;
        await timer.WaitForNextTickAsync();
        Assert.Equal(before, spool.End);
        await execution.ThawAsync(CancellationToken.None).WaitAsync(Deadline);

        await spool.WaitAsync(before + 2, CancellationToken.None).WaitAsync(Deadline);
        await execution.FreezeAsync(CancellationToken.None).WaitAsync(Deadline);
        await execution.FreezeAsync(CancellationToken.None).WaitAsync(Deadline);
        await execution.StopAsync(TimeSpan.FromSeconds(2), CancellationToken.None).WaitAsync(Deadline); // Also from the cold.
        await reading.WaitAsync(Deadline);
    }

    [Fact]
    public async Task A_repeated_stop_does_nothing_more()
    {
        var execution = await StartAsync(Task("sleep", LongSleep()));

        await System.Threading.Tasks.Task.WhenAll(
            execution.StopAsync(Grace, CancellationToken.None), execution.StopAsync(TimeSpan.Zero, CancellationToken.None)).WaitAsync(Deadline);
        await execution.StopAsync(Grace, CancellationToken.None).WaitAsync(Deadline);

        Assert.True(execution.Ended.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task An_attempt_is_started_once()
    {
        var spec = Task("sleep", LongSleep());
        await StartAsync(spec);

        await Assert.ThrowsAsync<ExecutorException>(() => StartAsync(spec));
        await Eventually.HoldsAsync(() => Running(spec.Command[1]) == 1, "one of them runs");
    }

    [Fact]
    public async Task What_was_never_started_is_not_adopted() =>
        Assert.Null(await AdoptAsync(Task("true")));

    [Fact]
    public async Task A_running_task_is_adopted_and_ends_with_its_code()
    {
        var spec = Shell("echo before; while [ ! -e go ]; do sleep 0.05; done; echo after; exit 9") with { Ports = [new PortSpec { Name = "web" }] };
        var first = await StartAsync(spec);
        var port = first.Ports["web"];
        var spool = Spool(spec);
        using var cut = new CancellationTokenSource();
        var reading = first.ReadOutputAsync(spool, cut.Token);
        await spool.WaitAsync(1, CancellationToken.None).WaitAsync(Deadline);
        await cut.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        await first.DisposeAsync();
        Assert.False(first.Ended.IsCompleted);

        var second = await AdoptAsync(spec);
        Assert.NotNull(second);
        Assert.Equal(port, second.Ports["web"]);
        Assert.Equal(0, (await ExecAsync(second, null, "sh", "-c", "touch go")).Code);
        await second.ReadOutputAsync(spool, CancellationToken.None).WaitAsync(Deadline);

        Assert.Equal(9, (await second.Ended.WaitAsync(Deadline)).ExitCode);
        Assert.Equal(["before", "after"], Of(spool.Read(1, 10), "out"));
    }

    [Fact]
    public async Task A_task_that_ended_while_nobody_looked_is_adopted_with_its_code_and_output()
    {
        var spec = Shell("sleep 0.3; echo alone; exit 6");
        var first = await StartAsync(spec);
        await first.DisposeAsync();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        await timer.WaitForNextTickAsync();

        var second = await AdoptAsync(spec);

        Assert.NotNull(second);
        Assert.Equal(["alone"], Of(await LinesAsync(spec, second), "out"));
        Assert.Equal(6, (await second.Ended).ExitCode);
        var third = await AdoptAsync(spec); // And again.
        Assert.Equal(6, (await third!.Ended.WaitAsync(Deadline)).ExitCode);
    }

    [Fact]
    public async Task What_is_forgotten_runs_no_more()
    {
        var spec = Task("sleep", LongSleep());
        await (await StartAsync(spec)).DisposeAsync();
        await Eventually.HoldsAsync(() => Running(spec.Command[1]) == 1, "it runs");

        await NewExecutor().ForgetAsync(Place(spec), int.MaxValue, CancellationToken.None).WaitAsync(Deadline);
        await NewExecutor().ForgetAsync(Place(spec), int.MaxValue, CancellationToken.None).WaitAsync(Deadline);

        await Eventually.HoldsAsync(() => Running(spec.Command[1]) == 0, "it does not run");
    }
}
