using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Storage;
using Adit.Testing;
using Microsoft.Data.Sqlite;

namespace Adit.Hub.Tests.Tasks;

/// <summary>What becomes of tasks when people, runners and the disk get in each other's way.</summary>
public sealed class TaskRegistryTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_restart_of_what_runs_ends_the_old_attempt_and_not_the_new_one()
    {
        await using var hub = await TaskHub.StartAsync();
        var task = await hub.ReadyAsync("site");
        Assert.Equal(HttpStatusCode.OK, (await hub.PostAsync(task.Id + "/restart")).Status);
        await hub.Runner.WantedAsync(task.Id, run: false);
        await hub.Runner.ReportAsync(task.Id, TaskState.Stopped);
        await hub.Runner.WantedAsync(task.Id, attempt: 2);
        await hub.Runner.ReportAsync(task.Id, TaskState.Ready);
        Assert.Equal((TaskState.Ready, 2), (await hub.ShowAsync(task.Id)) is var now ? (now.State, now.Attempt) : default);
        Assert.All(Forgotten(hub, task.Id), static attempt => Assert.Equal(1, attempt));
    }

    [Fact]
    public async Task A_retry_is_an_attempt_of_its_own_and_the_last_failure_is_the_tasks()
    {
        await using var hub = await TaskHub.StartAsync();
        await hub.TemplateAsync("frail", "  start: {retries: 1}");
        var task = await hub.LaunchAsync("site", "frail");
        await hub.Runner.WantedAsync(task.Id);
        await hub.Runner.ReportAsync(task.Id, TaskState.Failed, static seen => seen with { Reason = "It broke.", ExitCode = 3 });
        await hub.Runner.WantedAsync(task.Id, attempt: 2);
        await hub.Runner.ReportAsync(task.Id, TaskState.Failed, static seen => seen with { Reason = "It broke again.", ExitCode = 4 });
        await hub.StateAsync(task.Id, TaskState.Failed);
        var now = await hub.ShowAsync(task.Id);
        Assert.Equal((2, 4, "It broke again."), (now.Attempt, now.ExitCode, now.Reason));
    }

    [Fact]
    public async Task What_a_runner_is_told_is_numbered_and_a_welcome_that_comes_late_ends_nothing()
    {
        await using var hub = await TaskHub.StartAsync();
        var task = await hub.ReadyAsync("site");
        await hub.LaunchAsync("other");
        await Eventually.HoldsAsync(() => hub.Runner.Said.Count >= 3, "three messages");
        var numbers = hub.Runner.Said.Select(static d => d.Number).ToList();
        Assert.Equal(numbers.Count, numbers.Distinct().Count());
        Assert.All(numbers, static n => Assert.True(n > 0));
        Assert.NotNull(hub.Runner.Desired(task.Id));
    }

    [Fact]
    public async Task A_runner_that_gets_another_name_keeps_its_tasks_also_those_it_reports_at_that_moment()
    {
        await using var hub = await TaskHub.StartAsync();
        var task = await hub.ReadyAsync("site");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var reporting = Task.Run(
            async () =>
            {
                while (!stop.IsCancellationRequested)
                    await hub.Runner.ReportAsync(task.Id, TaskState.Ready);
            },
            Ct);
        using var api = hub.Hub.Api();
        foreach (var (from, to) in new[] { ("gpu1", "lab1"), ("lab1", "lab2"), ("lab2", "gpu1"), ("gpu1", "lab3") })
        {
            using var renamed = await api.PatchAsJsonAsync($"/api/v1/runners/{from}", new ChangeRunnerRequest { Name = to }, RunnersJson.Default.ChangeRunnerRequest, Ct);
            Assert.True(renamed.IsSuccessStatusCode, await renamed.Content.ReadAsStringAsync(Ct));
        }

        await stop.CancelAsync();
        await reporting;
        Assert.Equal((TaskState.Ready, "lab3"), (await hub.ShowAsync(task.Id)) is var now ? (now.State, now.Runner) : default);
        Assert.Empty(Forgotten(hub, task.Id));
        await hub.Hub.RestartAsync();
        Assert.Equal("lab3", (await hub.ShowAsync(task.Id)).Runner);
    }

    [Fact]
    public async Task What_is_lost_can_be_given_up_and_its_name_is_free()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TaskHub.StartAsync(time: time);
        var task = await hub.ReadyAsync("site");
        await LoseAsync(hub, time, task);
        Assert.Equal(HttpStatusCode.OK, (await hub.PostAsync(task.Id + "/stop")).Status);
        Assert.Equal((TaskState.Lost, false), (await hub.ShowAsync(task.Id)) is var now ? (now.State, now.IsWanted) : default);
        using var api = hub.Hub.Api(hub.Ann.Secret);
        Assert.Equal(HttpStatusCode.NoContent, (await api.DeleteAsync($"/api/v1/tasks/{task.Id}", Ct)).StatusCode);
        using var admin = hub.Hub.Api();
        Assert.Equal(HttpStatusCode.NoContent, (await admin.DeleteAsync("/api/v1/runners/gpu1", Ct)).StatusCode);
        await using var other = await FakeRunner.StartAsync(hub.Hub, "gpu2");
        Assert.Equal("gpu2", (await hub.LaunchAsync("site")).Runner);
    }

    [Fact]
    public async Task A_lost_job_that_is_started_again_runs_elsewhere_and_the_old_attempt_is_ended_when_its_runner_is_back()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TaskHub.StartAsync(time: time);
        var task = await hub.RunAsync("train", kind: TaskKind.Job);
        await hub.ReadyAsync(task);
        await LoseAsync(hub, time, task);
        await using var other = await FakeRunner.StartAsync(hub.Hub, "gpu2");
        Assert.Equal(HttpStatusCode.OK, (await hub.PostAsync(task.Id + "/restart")).Status);
        await other.WantedAsync(task.Id, attempt: 2);
        await other.ReportAsync(task.Id, TaskState.Ready);

        await using var back = await FakeRunner.StartAsync(hub.Hub, "gpu1", has: [new ObservedTask { Id = task.Id, Attempt = 1, State = TaskState.Ready, Since = time.GetUtcNow() }]);
        Assert.Null(back.Desired(task.Id));
        Assert.Equal((TaskState.Ready, "gpu2", 2), (await hub.ShowAsync(task.Id)) is var now ? (now.State, now.Runner, now.Attempt) : default);
    }

    [Fact]
    public async Task A_task_that_its_runner_never_heard_of_is_told_when_it_is_back_and_not_called_gone()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TaskHub.StartAsync(time: time);
        var task = await hub.RunAsync("train", kind: TaskKind.Job);
        await hub.Runner.WantedAsync(task.Id);
        await LoseAsync(hub, time, task);
        await using var back = await FakeRunner.StartAsync(hub.Hub, "gpu1");
        await back.WantedAsync(task.Id);
        Assert.Equal(TaskState.Scheduled, (await hub.ShowAsync(task.Id)).State);
    }

    [Fact]
    public async Task A_session_keeps_its_home_until_it_is_removed_and_is_started_again_where_that_is()
    {
        await using var hub = await TaskHub.StartAsync(cpus: 64);
        var task = await hub.ReadyAsync("site");
        Assert.True(hub.Runner.Desired(task.Id)!.KeepsHome);
        await hub.PostAsync(task.Id + "/stop");
        await hub.Runner.ReportAsync(task.Id, TaskState.Stopped);
        await using var larger = await FakeRunner.StartAsync(hub.Hub, "gpu2", cpus: 4000);
        await hub.Runner.DisposeAsync();
        await using (var again = await FakeRunner.StartAsync(hub.Hub, "gpu1"))
        {
            Assert.Equal((false, true), again.Desired(task.Id) is { } kept ? (kept.Run, kept.KeepsHome) : default);
            Assert.Equal(HttpStatusCode.OK, (await hub.PostAsync(task.Id + "/restart")).Status);
            await again.WantedAsync(task.Id, attempt: 2);
            Assert.Equal("gpu1", (await hub.ShowAsync(task.Id)).Runner);
            await hub.PostAsync(task.Id + "/stop");
            await again.ReportAsync(task.Id, TaskState.Stopped);
            await hub.StateAsync(task.Id, TaskState.Stopped);
            using var api = hub.Hub.Api(hub.Ann.Secret);
            Assert.Equal(HttpStatusCode.NoContent, (await api.DeleteAsync($"/api/v1/tasks/{task.Id}", Ct)).StatusCode);
            await Eventually.HoldsAsync(() => again.Said.Any(d => (d.Forget ?? []).Contains(new TaskAttempt(task.Id, int.MaxValue))), "its home is forgotten");
        }
    }

    [Fact]
    public async Task A_session_whose_runner_is_away_waits_for_its_files_and_says_so()
    {
        await using var hub = await TaskHub.StartAsync();
        var task = await hub.ReadyAsync("site");
        await hub.PostAsync(task.Id + "/stop");
        await hub.Runner.ReportAsync(task.Id, TaskState.Stopped);
        await hub.Runner.DisposeAsync();
        await using var other = await FakeRunner.StartAsync(hub.Hub, "gpu2");
        await Eventually.HoldsAsync(async () => (await RunnerAsync(hub, "gpu1")) is { IsUp: false }, "the runner is away");
        await hub.PostAsync(task.Id + "/restart");
        var now = await hub.ShowAsync(task.Id);
        Assert.Equal(TaskState.Queued, now.State);
        Assert.Equal("The runner 'gpu1' is not there. Its files are there; launch it anew to start without them elsewhere.", now.Queue!.Reason);
    }

    [Fact]
    public async Task An_end_that_could_not_be_stored_is_not_forgotten_and_is_dealt_with_later()
    {
        var time = new ManualTimeProvider();
        await using var hub = await TaskHub.StartAsync(time: time);
        var task = await hub.RunAsync("train", kind: TaskKind.Job);
        await hub.ReadyAsync(task);
        await PagesAsync(hub, 1); // No page more than there are: the disk is full.
        var lines = Enumerable.Range(0, 50).Select(static n => $"{n} {new string('x', 480)}").ToList();
        await hub.Runner.ReportAsync(task.Id, TaskState.Failed, seen => seen with { Reason = "It broke.", ExitCode = 3, LastLines = lines });
        await hub.Runner.ReportAsync(task.Id, TaskState.Failed, seen => seen with { Reason = "It broke.", ExitCode = 3, LastLines = lines });
        Assert.Empty(Forgotten(hub, task.Id));

        await PagesAsync(hub, 1_000_000);
        time.Advance(TimeSpan.FromSeconds(6));
        await Eventually.HoldsAsync(
            async () =>
            {
                // A report waits until the runner is told of the task, and by then it may be told to forget it.
                if (hub.Runner.Desired(task.Id) is not null)
                {
                    var report = hub.Runner.ReportAsync(task.Id, TaskState.Failed, seen => seen with { Reason = "It broke.", ExitCode = 3, LastLines = lines });
                    await Task.WhenAny(report, Eventually.HoldsAsync(() => Forgotten(hub, task.Id).Contains(1), "it is forgotten"));
                }

                return Forgotten(hub, task.Id).Contains(1);
            },
            "it is stored, and the runner may forget it");
        await hub.Hub.RestartAsync();
        Assert.Equal((TaskState.Failed, 3), (await hub.ShowAsync(task.Id)) is var now ? (now.State, now.ExitCode) : default);
    }

    [Fact]
    public async Task A_restart_that_cannot_be_stored_changes_nothing()
    {
        await using var hub = await TaskHub.StartAsync();
        var task = await hub.ReadyAsync("site");
        await hub.PostAsync(task.Id + "/stop");
        await hub.Runner.ReportAsync(task.Id, TaskState.Stopped);
        await hub.StateAsync(task.Id, TaskState.Stopped);
        await hub.Service<Database>().WriteAsync(static c => Execute(
            c, "CREATE TABLE filler (bytes BLOB); CREATE TRIGGER full BEFORE UPDATE OF attempt ON tasks BEGIN INSERT INTO filler VALUES (zeroblob(1000000)); END"));
        await PagesAsync(hub, 1); // No page more than there are: the disk is full.
        Assert.Equal(HttpStatusCode.InsufficientStorage, (await hub.PostAsync(task.Id + "/restart")).Status);
        Assert.Equal((TaskState.Stopped, 1), (await hub.ShowAsync(task.Id)) is var now ? (now.State, now.Attempt) : default);
        await hub.Service<Database>().WriteAsync(static c => Execute(c, "DROP TRIGGER full"));
        await PagesAsync(hub, 1_000_000);
        Assert.Equal(HttpStatusCode.OK, (await hub.PostAsync(task.Id + "/restart")).Status);
        await hub.Runner.WantedAsync(task.Id, attempt: 2);
    }

    [Fact]
    public async Task Restarts_at_once_are_one_restart()
    {
        await using var hub = await TaskHub.StartAsync();
        var task = await hub.ReadyAsync("site");
        await hub.PostAsync(task.Id + "/stop");
        await hub.Runner.ReportAsync(task.Id, TaskState.Stopped);
        await hub.StateAsync(task.Id, TaskState.Stopped);
        await hub.PostAsync(task.Id + "/restart");
        await hub.Runner.WantedAsync(task.Id, attempt: 2);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => hub.PostAsync(task.Id + "/restart")));
        await hub.Runner.WantedAsync(task.Id, run: false, attempt: 2);
        await hub.Runner.ReportAsync(task.Id, TaskState.Stopped);
        await hub.Runner.WantedAsync(task.Id, attempt: 3);
        await hub.Runner.ReportAsync(task.Id, TaskState.Ready);
        Assert.Equal((TaskState.Ready, 3), (await hub.ShowAsync(task.Id)) is var now ? (now.State, now.Attempt) : default);
    }

    [Fact]
    public async Task The_same_request_twenty_times_at_once_is_one_task()
    {
        await using var hub = await TaskHub.StartAsync();
        using var api = hub.Hub.Api(hub.Ann.Secret);
        api.DefaultRequestHeaders.Add("Idempotency-Key", "one");
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => api.PostAsJsonAsync(
            "/api/v1/tasks", new CreateTaskRequest { Template = "static", Name = "site" }, TasksJson.Default.CreateTaskRequest, Ct)));
        var ids = new HashSet<string>();
        foreach (var answer in answers)
        {
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Ct));
            ids.Add((await answer.Content.ReadFromJsonAsync(TasksJson.Default.ApiTask, Ct))!.Id);
            answer.Dispose();
        }

        Assert.Single(ids);
        Assert.Single(answers, static a => a.StatusCode == HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_key_stands_for_one_request_whatever_the_order_of_its_members_and_for_no_other()
    {
        await using var hub = await TaskHub.StartAsync();
        var first = await AskAsync("""{"template":"command","name":"one","command":["sleep","60"],"environment":{"A":"1","B":"2"},"resources":{"cpu":1}}""");
        Assert.Equal(HttpStatusCode.Created, first.Status);
        var again = await AskAsync("""{"resources":{"cpu":1.0,"gpus":null},"environment":{"B":"2","A":"1"},"command":["sleep","60"],"name":"one","template":"command"}""");
        Assert.Equal((HttpStatusCode.OK, first.Id), (again.Status, again.Id));
        foreach (var other in new[]
        {
            """{"template":"command","name":"two","command":["sleep","60"],"environment":{"A":"1","B":"2"},"resources":{"cpu":1}}""",
            """{"template":"command","name":"one","command":["60","sleep"],"environment":{"A":"1","B":"2"},"resources":{"cpu":1}}""",
            """{"template":"command","name":"one","command":["sleep","60"],"environment":{"A":"1","B":"3"},"resources":{"cpu":1}}""",
            """{"template":"command","name":"one","command":["sleep","60"],"environment":{"A":"1","B":"2"},"resources":{"cpu":2}}""",
        })
        {
            var refused = await AskAsync(other);
            Assert.Equal((HttpStatusCode.UnprocessableEntity, "key-used"), (refused.Status, refused.Code));
            Assert.Equal("The Idempotency-Key 'one' was used for another request; take another for this one.", refused.Detail);
        }

        // One that an older hub made has no hash, and is answered as it was.
        await hub.Service<Database>().WriteAsync(static c => Execute(c, "UPDATE tasks SET request_hash = NULL"));
        Assert.Equal(first.Id, (await AskAsync("""{"template":"static"}""")).Id);

        async Task<(HttpStatusCode Status, string? Id, string? Code, string? Detail)> AskAsync(string body)
        {
            using var api = hub.Hub.Api(hub.Ann.Secret);
            api.DefaultRequestHeaders.Add("Idempotency-Key", "one");
            using var content = new StringContent(body, null, "application/json");
            using var answer = await api.PostAsync("/api/v1/tasks", content, Ct);
            if (answer.IsSuccessStatusCode)
                return (answer.StatusCode, (await answer.Content.ReadFromJsonAsync(TasksJson.Default.ApiTask, Ct))!.Id, null, null);
            var (code, detail) = await TaskCalls.ProblemAsync(answer);
            return (answer.StatusCode, null, code, detail);
        }
    }

    [Fact]
    public async Task Two_requests_at_once_with_one_key_are_one_task_and_a_refusal()
    {
        await using var hub = await TaskHub.StartAsync();
        using var api = hub.Hub.Api(hub.Ann.Secret);
        api.DefaultRequestHeaders.Add("Idempotency-Key", "one");
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => api.PostAsJsonAsync(
            "/api/v1/tasks", new CreateTaskRequest { Template = "static", Name = n % 2 == 0 ? "site" : "blog" }, TasksJson.Default.CreateTaskRequest, Ct)));
        Assert.Single(answers, static a => a.StatusCode == HttpStatusCode.Created);
        Assert.Equal(10, answers.Count(static a => a.IsSuccessStatusCode));
        Assert.Equal(10, answers.Count(static a => a.StatusCode == HttpStatusCode.UnprocessableEntity));
        foreach (var answer in answers)
            answer.Dispose();
    }

    [Fact]
    public async Task Launches_at_once_without_a_name_get_different_ones()
    {
        await using var hub = await TaskHub.StartAsync();
        using var api = hub.Hub.Api(hub.Ann.Secret);
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => api.PostAsJsonAsync(
            "/api/v1/tasks", new CreateTaskRequest { Template = "static" }, TasksJson.Default.CreateTaskRequest, Ct)));
        var names = new List<string>();
        foreach (var answer in answers)
        {
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Ct));
            names.Add((await answer.Content.ReadFromJsonAsync(TasksJson.Default.ApiTask, Ct))!.Name);
            answer.Dispose();
        }

        Assert.Equal(["static", "static-2", "static-3", "static-4"], names.Order());
    }

    [Fact]
    public async Task A_page_goes_on_when_the_task_that_ended_it_is_gone()
    {
        await using var hub = await TaskHub.StartAsync();
        foreach (var name in new[] { "one", "two", "three" })
            await hub.RunAsync(name, kind: TaskKind.Job);
        using var api = hub.Hub.Api(hub.Ann.Secret);
        var first = (await api.GetFromJsonAsync("/api/v1/tasks?limit=2", TasksJson.Default.TaskList, Ct))!;
        Assert.Equal(["three", "two"], first.Items.Select(static t => t.Name));
        await hub.PostAsync(first.Items[1].Id + "/stop");
        await hub.Runner.ReportAsync(first.Items[1].Id, TaskState.Stopped, static seen => seen with { ExitCode = 143 });
        await Eventually.HoldsAsync(
            async () => (await api.GetFromJsonAsync("/api/v1/tasks", TasksJson.Default.TaskList, Ct))!.Items.Count == 2, "it has ended", cancellationToken: Ct);
        var second = (await api.GetFromJsonAsync($"/api/v1/tasks?limit=2&cursor={first.Next}", TasksJson.Default.TaskList, Ct))!;
        Assert.Equal(["one"], second.Items.Select(static t => t.Name));
        Assert.Null(second.Next);
        Assert.Equal(HttpStatusCode.BadRequest, (await api.GetAsync("/api/v1/tasks?cursor=x", Ct)).StatusCode);
    }

    [Fact]
    public async Task Turns_alternate_between_owners_whoever_asked_first()
    {
        await using var hub = await TaskHub.StartAsync(cpus: 1);
        var bob = await hub.Hub.TokenAsync("bob");
        var running = await hub.RunAsync("running");
        await hub.ReadyAsync(running);
        foreach (var name in new[] { "ann-1", "ann-2" })
            await hub.RunAsync(name, cpu: 0.5);
        foreach (var name in new[] { "bob-1", "bob-2" })
            await hub.RunAsync(name, cpu: 0.5, token: bob.Secret);
        await hub.EndAsync(running);
        using var api = hub.Hub.Api();
        await Eventually.HoldsAsync(
            async () => (await api.GetFromJsonAsync("/api/v1/tasks?all=true", TasksJson.Default.TaskList, Ct))!.Items.Where(static t => t.State == TaskState.Scheduled)
                .Select(static t => t.Name).Order().SequenceEqual(["ann-1", "bob-1"]),
            "each has one",
            cancellationToken: Ct);
    }

    private static IEnumerable<int> Forgotten(TaskHub hub, string task) =>
        hub.Runner.Said.SelectMany(static d => d.Forget ?? []).Where(f => f.Id == task).Select(static f => f.Attempt);

    private static async Task LoseAsync(TaskHub hub, ManualTimeProvider time, ApiTask task)
    {
        await hub.Runner.DisposeAsync();
        await Eventually.HoldsAsync(async () => (await RunnerAsync(hub, "gpu1")) is { IsUp: false }, "the runner is gone");
        time.Advance(TimeSpan.FromSeconds(90));
        await time.AdvanceUntilAsync(hub.StateAsync(task.Id, TaskState.Lost), TimeSpan.FromSeconds(1));
    }

    private static async Task<ApiRunner?> RunnerAsync(TaskHub hub, string name)
    {
        using var api = hub.Hub.Api();
        return await api.GetFromJsonAsync($"/api/v1/runners/{name}", RunnersJson.Default.ApiRunner, Ct);
    }

    private static Task PagesAsync(TaskHub hub, int most) => hub.Service<Database>().WriteAsync(c => Execute(c, $"PRAGMA max_page_count = {most}"));

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
