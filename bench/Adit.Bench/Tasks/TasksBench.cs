using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Bench.Load;
using Adit.Bench.Processes;
using Adit.Bench.Report;
using Adit.Bench.Subjects;

namespace Adit.Bench.Tasks;

/// <summary>
/// The hub's part of starting tasks, with runners that are ready at once: from the call to ready, one after the other and fifty a second; and 500
/// runners with ten tasks each, at rest.
/// </summary>
internal static class TasksBench
{
    public const string Name = "tasks";

    private const int PerSecond = 50;
    private const int Runners = 500;
    private const int TasksOfEach = 10;
    private const int TasksOfAccount = 500;

    public static async Task<IReadOnlyList<Finding>> RunAsync(BenchRun run, CancellationToken cancellationToken) =>
        [.. await StartsAsync(run, cancellationToken), .. await FleetAsync(run, cancellationToken)];

    private static async Task<IReadOnlyList<Finding>> StartsAsync(BenchRun run, CancellationToken cancellationToken)
    {
        await using var hub = await AditHub.StartAsync(run, tls: false, cancellationToken);
        using var api = hub.ApiClient();
        await using var runner = await InstantRunner.StartAsync(hub, api, "instant", isToReport: false);
        var ready = new ConcurrentDictionary<string, TaskCompletionSource>();
        runner.Reported = (id, state) =>
        {
            if (state == TaskState.Ready)
                ready.GetOrAdd(id, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        };

        var alone = new Samples();
        var warmUp = run.Pick(20, 50, 50);
        for (var i = -warmUp; i < run.Pick(50, 300, 300); i++)
        {
            var started = Stopwatch.GetTimestamp();
            await StartAsync($"one-{i + warmUp}");
            if (i >= 0)
                alone.AddSince(started);
        }

        var seconds = run.Pick(3, 12, 12);
        var paced = new Samples();
        var cpu = ProcFs.CpuTime(hub.Id);
        var begun = Stopwatch.GetTimestamp();
        var starts = new List<Task>();
        for (var i = 0; i < seconds * PerSecond; i++)
        {
            var due = TimeSpan.FromSeconds((double)i / PerSecond) - Stopwatch.GetElapsedTime(begun);
            if (due > TimeSpan.Zero)
                await Task.Delay(due, TimeProvider.System, cancellationToken);
            starts.Add(PacedAsync(i));
        }

        await Task.WhenAll(starts);
        var took = Stopwatch.GetElapsedTime(begun);
        var share = (ProcFs.CpuTime(hub.Id) - cpu) / took;
        return
        [
            Line("from the call to ready, one after the other, p50", alone.Percentile(0.5) / 1000, "ms", Target.AtMostValue(50)),
            Line("from the call to ready, one after the other, p95", alone.Percentile(0.95) / 1000, "ms", Target.AtMostValue(120)),
            Line($"starts a second for {seconds} s", starts.Count / took.TotalSeconds, "/s", Target.AtLeastValue(PerSecond * 0.99)),
            Line("from the call to ready at that rate, p50", paced.Percentile(0.5) / 1000, "ms", Target.AtMostValue(50)),
            Line("from the call to ready at that rate, p95", paced.Percentile(0.95) / 1000, "ms", Target.AtMostValue(120)),
            Line("hub at that rate, share of a core", 100 * share, "%", null),
        ];

        async Task PacedAsync(int i)
        {
            var started = Stopwatch.GetTimestamp();
            await StartAsync($"many-{i}");
            lock (paced)
                paced.AddSince(started);
        }

        // As a session with an address, of the template with the shortest list of wishes.
        async Task StartAsync(string name)
        {
            var task = await LaunchAsync(api, "static", name, null, cancellationToken);
            await ready.GetOrAdd(task, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task.WaitAsync(TimeSpan.FromSeconds(30), cancellationToken);
        }
    }

    private static async Task<IReadOnlyList<Finding>> FleetAsync(BenchRun run, CancellationToken cancellationToken)
    {
        var count = run.Pick(50, Runners, Runners);
        await using var hub = await AditHub.StartAsync(run, tls: false, cancellationToken);
        using var api = hub.ApiClient();
        var runners = new List<InstantRunner>();
        try
        {
            for (var i = 0; i < count; i++)
                runners.Add(await InstantRunner.StartAsync(hub, api, $"r{i}", isToReport: true));
            var total = count * TasksOfEach;
            for (var account = 0; account * TasksOfAccount < total; account++)
            {
                using var theirs = hub.ApiClient();
                theirs.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync(api, $"user{account}", cancellationToken));
                var first = account * TasksOfAccount;
                await Parallel.ForEachAsync(Enumerable.Range(first, Math.Min(TasksOfAccount, total - first)), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken },
                    async (i, ct) => await LaunchAsync(theirs, "command", $"task-{i}", ["sleep", "1000"], ct));
            }

            await Task.Delay(TimeSpan.FromSeconds(run.Pick(5, 15, 15)), TimeProvider.System, cancellationToken);
            var (cpu, started) = (ProcFs.CpuTime(hub.Id), Stopwatch.GetTimestamp());
            await Task.Delay(TimeSpan.FromSeconds(run.Pick(10, 40, 60)), TimeProvider.System, cancellationToken);
            var share = (ProcFs.CpuTime(hub.Id) - cpu) / Stopwatch.GetElapsedTime(started);
            var list = new Samples();
            for (var i = 0; i < 30; i++)
            {
                var asked = Stopwatch.GetTimestamp();
                var page = await api.GetFromJsonAsync("/api/v1/tasks?all=true", TasksJson.Default.TaskList, cancellationToken);
                list.AddSince(asked);
                if (i == 0 && !page!.Items.Any(static t => t.State == TaskState.Ready))
                    throw new InvalidOperationException("no task is ready");
            }

            return
            [
                Line($"hub with {count:#,0} runners and {total:#,0} tasks at rest, share of a core", 100 * share, "%", Target.AtMostValue(20)),
                Line("the first page of all tasks, p95", list.Percentile(0.95) / 1000, "ms", Target.AtMostValue(100)),
                Line("hub: resident", ProcFs.ResidentBytes(hub.Id) / 1e6, "MB", Target.AtMostValue(1074)),
            ];
        }
        finally
        {
            foreach (var runner in runners)
                await runner.DisposeAsync();
        }
    }

    private static async Task<string> LaunchAsync(HttpClient api, string template, string name, IReadOnlyList<string>? command, CancellationToken cancellationToken)
    {
        var request = new CreateTaskRequest { Template = template, Name = name, Command = command };
        using var answer = await api.PostAsJsonAsync("/api/v1/tasks", request, TasksJson.Default.CreateTaskRequest, cancellationToken);
        if (!answer.IsSuccessStatusCode)
            throw new HttpRequestException($"{name}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancellationToken)}");
        return (await answer.Content.ReadFromJsonAsync(TasksJson.Default.ApiTask, cancellationToken))!.Id;
    }

    private static async Task<string> TokenAsync(HttpClient api, string account, CancellationToken cancellationToken)
    {
        var request = new CreateTokenRequest { Name = account, Account = account };
        using var answer = await api.PostAsJsonAsync("/api/v1/tokens", request, TokensJson.Default.CreateTokenRequest, cancellationToken);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync(TokensJson.Default.ApiToken, cancellationToken))!.Secret!;
    }

    private static Finding Line(string what, double value, string unit, Target? target) =>
        new() { Measurement = Name, What = what, Value = value, Unit = unit, Target = target };
}
