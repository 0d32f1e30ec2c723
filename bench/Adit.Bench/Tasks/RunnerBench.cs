using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Adit.Api;
using Adit.Bench.Processes;
using Adit.Bench.Report;
using Adit.Bench.Subjects;

namespace Adit.Bench.Tasks;

/// <summary>
/// A real runner: what it takes while it has nothing to do, what one task may write so that a listener at the hub has every line, and how long
/// Jupyter takes to be ready beside the same command alone.
/// </summary>
internal static class RunnerBench
{
    public const string Name = "runner";

    private const string LineFormat = "line %.0f of a job that has much to say";
    private const string Python = "/usr/bin/python3";
    private const string Notebook = "/usr/bin/jupyter-notebook";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(5);

    public static async Task<IReadOnlyList<Finding>> RunAsync(BenchRun run, CancellationToken cancellationToken)
    {
        await using var hub = await AditHub.StartAsync(run, tls: false, cancellationToken);
        using var api = hub.ApiClient();
        var runner = await hub.StartRunnerAsync("gpu1", cancellationToken);
        return
        [
            .. await IdleAsync(run, runner.Id, cancellationToken),
            .. await LogAsync(run, hub, api, runner.Id, cancellationToken),
            .. await JupyterAsync(run, api, cancellationToken),
        ];
    }

    private static async Task<IReadOnlyList<Finding>> IdleAsync(BenchRun run, int runner, CancellationToken cancellationToken)
    {
        await Quiet.RestAsync(runner, cancellationToken);
        var (cpu, started) = (ProcFs.CpuTime(runner), Stopwatch.GetTimestamp());
        await Task.Delay(TimeSpan.FromSeconds(run.Pick(5, 30, 120)), TimeProvider.System, cancellationToken);
        var share = (ProcFs.CpuTime(runner) - cpu) / Stopwatch.GetElapsedTime(started);
        return
        [
            Line("runner: idle, share of a core", 100 * share, "%", Target.AtMostValue(1)),
            Line("runner: idle, resident", ProcFs.ResidentBytes(runner) / 1e6, "MB", Target.AtMostValue(120)),
        ];
    }

    // One task writes as fast as it can, and a listener that was there before reads it: every line, once and in order.
    private static async Task<IReadOnlyList<Finding>> LogAsync(BenchRun run, AditHub hub, HttpClient api, int runner, CancellationToken cancellationToken)
    {
        var rounds = new Rounds();
        var count = run.Pick(100_000, 500_000, 1_000_000);
        for (var round = 0; round < run.Pick(1, 3, 3); round++)
        {
            var go = Path.Combine(run.Scratch, $"go-{round}");
            var script = $"while [ ! -e '{go}' ]; do sleep 0.02; done; seq -f '{LineFormat}' 1 {count}";
            var task = await LaunchAsync(api, new CreateTaskRequest { Template = "command", Name = $"talker-{round}", Command = ["sh", "-c", script] }, cancellationToken);
            using var answer = await api.GetAsync($"/api/v1/tasks/{task}/logs/follow?from=1", HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            answer.EnsureSuccessStatusCode();
            var before = (Hub: ProcFs.CpuTime(hub.Id), Runner: ProcFs.CpuTime(runner));
            var started = Stopwatch.GetTimestamp();
            await File.WriteAllTextAsync(go, "", cancellationToken);
            await ReadAllAsync(answer, count, cancellationToken);
            rounds.Add("rate", count / Stopwatch.GetElapsedTime(started).TotalSeconds);
            rounds.Add("hub", (ProcFs.CpuTime(hub.Id) - before.Hub).TotalMicroseconds / count);
            rounds.Add("runner", (ProcFs.CpuTime(runner) - before.Runner).TotalMicroseconds / count);
        }

        return
        [
            Line("lines of one task that a listener at the hub has, all and in order", rounds.Median("rate"), "/s", Target.AtLeastValue(50_000)),
            Line("CPU per line: hub", rounds.Median("hub"), "us", null),
            Line("CPU per line: runner, with the task itself", rounds.Median("runner"), "us", null),
        ];
    }

    private static async Task ReadAllAsync(HttpResponseMessage answer, int count, CancellationToken cancellationToken)
    {
        var next = 1;
        await using var stream = await answer.Content.ReadAsStreamAsync(cancellationToken);
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(cancellationToken))
        {
            if (item.EventType == "end")
                break;
            if (item.EventType != "lines")
                continue;
            foreach (var line in JsonSerializer.Deserialize(item.Data, TasksJson.Default.LogPage)!.Lines)
            {
                if (line.Number != next || line.Text != string.Create(CultureInfo.InvariantCulture, $"line {next} of a job that has much to say"))
                    throw new InvalidDataException($"line {next} was expected, and line {line.Number} came: {line.Text}");
                next++;
            }

            if (next > count)
                return;
        }

        throw new InvalidDataException($"the log ended after {next - 1} of {count} lines");
    }

    private static async Task<IReadOnlyList<Finding>> JupyterAsync(BenchRun run, HttpClient api, CancellationToken cancellationToken)
    {
        if (!File.Exists(Notebook))
        {
            BenchRun.Say($"{Notebook} is not installed: Jupyter is passed over");
            return [];
        }

        await AloneAsync(cancellationToken); // What it reads is in the page cache from here on.
        var rounds = new Rounds();
        for (var round = 0; round < run.Pick(2, 7, 15); round++)
        {
            rounds.Add("alone", (await AloneAsync(cancellationToken)).TotalMilliseconds);
            var started = Stopwatch.GetTimestamp();
            var task = await LaunchAsync(api, new CreateTaskRequest { Template = "jupyter", Name = $"nb-{round}" }, cancellationToken);
            await StateAsync(api, task, TaskState.Ready, cancellationToken);
            rounds.Add("task", Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            using var stopped = await api.PostAsync($"/api/v1/tasks/{task}/stop", null, cancellationToken);
            stopped.EnsureSuccessStatusCode();
            await StateAsync(api, task, TaskState.Stopped, cancellationToken);
        }

        return
        [
            new Finding
            {
                Measurement = Name, What = "Jupyter from the call to ready", Value = rounds.Median("task"), Unit = "ms", ReferenceName = "alone", Reference = rounds.Median("alone"),
                Ratio = rounds.Ratio("task", "alone"), Target = Target.AtMostTimes(1.2),
            },
        ];
    }

    // The command of the template, by itself, until the path that the template asks answers.
    private static async Task<TimeSpan> AloneAsync(CancellationToken cancellationToken)
    {
        var port = LoopbackPort.Take();
        var home = Directory.CreateTempSubdirectory("adit-bench-home-").FullName;
        try
        {
            var started = Stopwatch.GetTimestamp();
            await using var jupyter = Child.Start("jupyter", Python, [
                "-m", "notebook", "--ip=127.0.0.1", $"--port={port}", "--no-browser", "--allow-root", "--NotebookApp.token=", "--NotebookApp.password=", $"--notebook-dir={home}",
            ]);
            using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
            await Until.TrueAsync(() => AnswersAsync(http, new Uri($"http://127.0.0.1:{port}/api"), cancellationToken), "Jupyter to answer", jupyter, cancellationToken);
            return Stopwatch.GetElapsedTime(started);
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    private static async Task<bool> AnswersAsync(HttpClient http, Uri uri, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await http.GetAsync(uri, cancellationToken);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task StateAsync(HttpClient api, string id, TaskState wanted, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var task = (await api.GetFromJsonAsync($"/api/v1/tasks/{id}", TasksJson.Default.ApiTask, cancellationToken))!;
            if (task.State == wanted)
                return;
            if (task.State is TaskState.Failed or TaskState.Lost || Stopwatch.GetElapsedTime(started) > Patience)
                throw new InvalidOperationException($"{task.Name} is {task.State} and not {wanted}: {task.Reason}");
            await Task.Delay(LookEvery, TimeProvider.System, cancellationToken);
        }
    }

    private static async Task<string> LaunchAsync(HttpClient api, CreateTaskRequest request, CancellationToken cancellationToken)
    {
        using var answer = await api.PostAsJsonAsync("/api/v1/tasks", request, TasksJson.Default.CreateTaskRequest, cancellationToken);
        if (!answer.IsSuccessStatusCode)
            throw new HttpRequestException($"{request.Name}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancellationToken)}");
        return (await answer.Content.ReadFromJsonAsync(TasksJson.Default.ApiTask, cancellationToken))!.Id;
    }

    private static Finding Line(string what, double value, string unit, Target? target) =>
        new() { Measurement = Name, What = what, Value = value, Unit = unit, Target = target };
}
