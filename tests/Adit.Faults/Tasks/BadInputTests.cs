using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Faults.Stage;
using Adit.Testing;

namespace Adit.Faults.Tasks;

/// <summary>Starts that cannot work or come at the wrong moment, and output that is no text, with the real hub and runner.</summary>
public sealed class BadInputTests(TaskStage stage) : IClassFixture<TaskStage>
{
    [Fact(Timeout = 120_000)]
    public async Task Of_many_starts_of_one_name_at_once_one_wins_and_one_process_runs()
    {
        await stage.WholeAsync();
        using var gates = new TempDirectory();
        var gated = new GatedTask(gates.Path);
        var request = new CreateTaskRequest { Template = "gated", Name = "twice", Command = gated.Command("{{port}}") };
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => stage.TryLaunchAsync(request)));

        Assert.Equal([HttpStatusCode.Created, .. Enumerable.Repeat(HttpStatusCode.Conflict, 11)], answers.Select(static a => a.Status).Order());
        gated.Task = answers.Single(static a => a.Task is not null).Task!;
        gated.Open();
        await stage.StateAsync(gated, TaskState.Ready);
        Assert.Equal((1, 1), (gated.Starts.Count, gated.Alive.Count));
        await stage.EndAsync(gated);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(TaskState.Scheduled)]
    [InlineData(TaskState.Preparing)]
    [InlineData(TaskState.Starting)]
    public async Task A_stop_during_the_start_ends_it_and_leaves_nothing(TaskState state)
    {
        await stage.WholeAsync();
        if (state != TaskState.Starting)
            await stage.PauseRunnerAsync();
        var task = await stage.LaunchAsync();
        if (state == TaskState.Preparing)
        {
            await stage.HoldPreparingAsync(task);
            stage.Runner.Process.Send(Signal.Continue);
        }

        await stage.StateAsync(task, state);
        if (state == TaskState.Starting)
            await task.StartedAsync();
        await stage.SayAsync(task, "stop");
        stage.Runner.Process.Send(Signal.Continue);
        if (state == TaskState.Preparing)
            await stage.LetPrepareAsync(task);
        task.End(0);
        await stage.StateAsync(task, TaskState.Stopped);
        Assert.InRange(task.Starts.Count, 0, 1);
        await stage.EndAsync(task);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_port_that_never_opens_is_a_failure_that_says_so_after_the_templates_time()
    {
        await stage.WholeAsync();
        using var folder = new TempDirectory();
        await AditProcess.RunAsync(
            [
                "template", "push",
                folder.Write("deaf.yaml", "apiVersion: adit/v1\nkind: Template\nmetadata: {slug: deaf, name: Deaf}\nspec:\n  type: session\n  source: {command: [sh, -c, 'echo I am deaf; sleep 600']}\n  ports: [{name: main}]\n  start: {timeout: 2s}\n"),
            ],
            stage.Hub.ClientEnvironment);
        var (_, task) = await stage.TryLaunchAsync(new CreateTaskRequest { Template = "deaf", Name = "deaf" });
        var now = await EndedAsync(task!.Id);
        Assert.Equal(TaskState.Failed, now.State);
        Assert.Contains("2 s", now.Reason, StringComparison.Ordinal);
        Assert.Contains("port", now.Reason, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("I am deaf", now.LastLines!);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_command_that_is_not_there_and_memory_that_is_used_up_are_said_in_one_sentence()
    {
        await stage.WholeAsync();
        var missing = await RunAsync("missing", "no-such-program");
        Assert.Equal((TaskState.Failed, 127), (missing.State, missing.ExitCode));
        Assert.Contains("no-such-program", missing.Reason, StringComparison.Ordinal);

        var greedy = await RunAsync("greedy", "python3", "-c", "x = 'x' * (400 << 20)");
        Assert.Equal(TaskState.Failed, greedy.State);
        Assert.Contains("out of memory", greedy.Reason, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Ten_megabytes_without_an_end_of_line_and_bytes_that_are_no_text_come_to_the_hub_in_pieces()
    {
        await stage.WholeAsync();
        const string Script = "import sys; sys.stdout.buffer.write(b'x' * 10_000_000 + b'\\n\\xff\\xfe broken \\xc3\\n\\x00zero\\nend\\n')";
        var task = await RunAsync("endless", "python3", "-c", Script);
        Assert.Equal((TaskState.Stopped, 0), (task.State, task.ExitCode));
        using var http = LoopbackHttp.Create(stage.Hub.AdminToken);
        var (letters, next, longest, last) = (0L, 1L, 0, new List<string>());
        while (await http.GetFromJsonAsync(new Uri($"{stage.Hub.Url}/api/v1/tasks/{task.Id}/logs?from={next}&limit=100"), TasksJson.Default.LogPage) is { Lines: [.., var end] } page)
        {
            foreach (var line in page.Lines.Where(static l => l.Stream == "out"))
            {
                letters += line.Text.Count(static c => c == 'x');
                longest = Math.Max(longest, line.Text.Length);
                if (!line.Text.StartsWith('x'))
                    last.Add(line.Text);
            }

            next = end.Number + 1;
        }

        Assert.Equal(10_000_000, letters);
        Assert.InRange(longest, 1, 16 * 1024);
        Assert.Equal(["\uFFFD\uFFFD broken \uFFFD", "\0zero", "end"], last.Where(static l => l.Length > 0));
    }

    private async Task<ApiTask> RunAsync(string name, params string[] command)
    {
        var (status, task) = await stage.TryLaunchAsync(new CreateTaskRequest
        {
            Template = "command", Name = name, Kind = TaskKind.Job, Command = command, Resources = new TaskResources { Cpu = 0.1, MemoryBytes = 64 << 20 },
        });
        Assert.Equal(HttpStatusCode.Created, status);
        return await EndedAsync(task!.Id);
    }

    private async Task<ApiTask> EndedAsync(string task)
    {
        await Eventually.HoldsAsync(async () => (await stage.ShowAsync(task)).Ended is not null, "it has ended");
        return await stage.ShowAsync(task);
    }
}
