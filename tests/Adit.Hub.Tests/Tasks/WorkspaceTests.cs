using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Content.Files;
using Adit.Content.Trees;
using Adit.Hub.Tasks;
using Adit.Hub.Tests.Volumes;
using Adit.Testing;

namespace Adit.Hub.Tests.Tasks;

/// <summary>Volumes that are tasks' home directories: who gets which, one at a time, and what a runner may do with them.</summary>
public sealed class WorkspaceTests
{
    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_session_whose_template_wants_a_workspace_gets_one_of_its_name_and_says_otherwise_what_it_has()
    {
        await using var hub = await TaskHub.StartAsync();
        await hub.TemplateAsync("nb", "  home: workspace");
        var own = await hub.LaunchAsync("demo", "nb");
        Assert.Equal("home-ann/demo", own.Workspace?.Volume);
        await hub.Runner.WantedAsync(own.Id);
        var spec = hub.Runner.Desired(own.Id)!.Spec;
        Assert.Equal(("home-ann", "demo", null), (spec.Workspace!.Project, spec.Workspace.Volume, spec.Home));
        Assert.False(hub.Runner.Desired(own.Id)!.KeepsHome);

        var none = await LaunchAsync(hub, new CreateTaskRequest { Template = "nb", Name = "none", NoWorkspace = true });
        Assert.Null(none.Task!.Workspace);
        await hub.Runner.WantedAsync(none.Task.Id);
        Assert.Equal("user-ann", hub.Runner.Desired(none.Task.Id)!.Spec.Home);
        var job = await LaunchAsync(hub, new CreateTaskRequest { Template = "nb", Name = "job", Kind = TaskKind.Job });
        Assert.Null(job.Task!.Workspace);
        var asked = await LaunchAsync(hub, new CreateTaskRequest { Template = "nb", Name = "asked", Kind = TaskKind.Job, Workspace = "results" });
        Assert.Equal("home-ann/results", asked.Task!.Workspace?.Volume);
        Assert.Null((await hub.LaunchAsync("plain")).Workspace);

        Assert.Equal(HttpStatusCode.NotFound, (await LaunchAsync(hub, new CreateTaskRequest { Template = "nb", Workspace = "churn/x" })).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await LaunchAsync(hub, new CreateTaskRequest { Template = "nb", Workspace = "churn/../x" })).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await LaunchAsync(hub, new CreateTaskRequest { Template = "nb", Workspace = "x", NoWorkspace = true })).Status);
    }

    [Fact(Timeout = 60_000)]
    public async Task One_task_at_a_time_writes_a_workspace_and_its_volume_stays_meanwhile()
    {
        await using var hub = await TaskHub.StartAsync();
        var first = (await LaunchAsync(hub, new CreateTaskRequest { Template = "static", Name = "one", Workspace = "nb" })).Task!;
        var (status, _, text) = await LaunchAsync(hub, new CreateTaskRequest { Template = "static", Name = "two", Workspace = "nb" });
        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Contains("workspace-taken", text, StringComparison.Ordinal);
        Assert.Contains("that of the task 'one'", text, StringComparison.Ordinal);
        using var api = hub.Hub.Api(hub.Ann.Secret);
        using (var kept = await api.DeleteAsync("/api/v1/volumes/home-ann/nb", Deadline))
            Assert.Contains("the task 'one' of ann", await kept.Content.ReadAsStringAsync(Deadline), StringComparison.Ordinal);

        await EndAsync(hub, hub.Runner, first);
        var second = await LaunchAsync(hub, new CreateTaskRequest { Template = "static", Name = "two", Workspace = "nb" });
        Assert.Equal(HttpStatusCode.Created, second.Status);
        var (again, said) = await hub.PostAsync($"{first.Id}/restart");
        Assert.Equal(HttpStatusCode.Conflict, again);
        Assert.Contains("workspace-taken", said, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_runner_writes_the_workspaces_of_tasks_that_are_placed_on_it_and_nothing_else()
    {
        await using var hub = await TaskHub.StartAsync();
        var token = await RunnerTokenAsync(hub);
        await using var theirs = await FakeRunner.StartAsync(hub.Hub, "gpu2", token: token.Secret, isPrivate: true);
        var task = (await LaunchAsync(hub, new CreateTaskRequest { Template = "static", Name = "one", Workspace = "nb", Runner = "gpu1" })).Task!;
        var plain = await hub.LaunchAsync("plain", runner: "gpu2");
        await theirs.WantedAsync(plain.Id);
        using var right = hub.Hub.Api(hub.Hub.AdminToken);
        using var wrong = hub.Hub.Api(token.Secret);
        var at = $"/api/v1/runner/links/{await hub.Runner.Link}/workspaces/{task.Id}/1";
        var others = $"/api/v1/runner/links/{await theirs.Link}/workspaces";

        Assert.Equal(HttpStatusCode.OK, await BeginAsync(right, at));
        Assert.Equal("workspace-gone", await CodeAsync(wrong, $"{others}/{task.Id}/1")); // Of another's task,
        Assert.Equal("workspace-gone", await CodeAsync(wrong, $"{others}/{plain.Id}/1")); // of one without a workspace,
        Assert.Equal("workspace-gone", await CodeAsync(right, $"/api/v1/runner/links/{await hub.Runner.Link}/workspaces/{task.Id}/2")); // of a start that is not,
        Assert.Equal("session", await CodeAsync(wrong, at)); // on another's link.
        foreach (var what in new[] { "chunks/missing", "chunks/add", "chunks/read" })
        {
            using var body = new ByteArrayContent(new byte[32]);
            using var answer = await wrong.PostAsync($"{others}/{task.Id}/1/{what}", body, Deadline);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await CommitAsync(wrong, $"{others}/{task.Id}/1", new DirectoryRef(default, 0, 0, 0), null, isLast: true)).Status);
        using (var closed = await wrong.DeleteAsync($"{others}/{task.Id}/1", Deadline))
            Assert.Equal(HttpStatusCode.NotFound, closed.StatusCode);
        // Its token opens no volume by itself, and nothing at all when it is revoked.
        Assert.Equal(HttpStatusCode.Forbidden, await GetAsync(wrong, "/api/v1/volumes/home-ann/nb"));
        using (var admin = hub.Hub.Api(hub.Hub.AdminToken))
        using (await admin.DeleteAsync($"/api/v1/tokens/{token.Id}", Deadline))
            Assert.Equal(HttpStatusCode.Unauthorized, await BeginAsync(wrong, $"{others}/{plain.Id}/1"));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_task_that_was_given_up_left_is_taken_once_and_gets_a_branch_of_its_own_where_others_went_on()
    {
        await using var hub = await TaskHub.StartAsync();
        await using var second = await FakeRunner.StartAsync(hub.Hub, "gpu2");
        using var files = new TempDirectory();
        using var runner = hub.Hub.Api(hub.Hub.AdminToken);
        var lost = (await LaunchAsync(hub, new CreateTaskRequest { Template = "static", Name = "one", Workspace = "nb", Runner = "gpu1" })).Task!;
        var at = $"/api/v1/runner/links/{await hub.Runner.Link}/workspaces/{lost.Id}/1";
        Assert.Equal(HttpStatusCode.OK, await BeginAsync(runner, at));
        await hub.Runner.ReportAsync(lost.Id, TaskState.Ready);
        files.Write("a.txt", "one");
        var first = (await CommitAsync(runner, at, await SendAsync(runner, at, files), null, isLast: false)).Made!;
        Assert.Equal((first.Snapshot.Id, "main"), ((await hub.ShowAsync(lost.Id)).Workspace!.Snapshot, (await hub.ShowAsync(lost.Id)).Workspace!.Branch));

        hub.Service<TaskRegistry>().RunnerLost("gpu1");
        using (var ann = hub.Hub.Api(hub.Ann.Secret))
        using (var removed = await ann.DeleteAsync($"/api/v1/tasks/{lost.Id}", Deadline))
            Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        var next = (await LaunchAsync(hub, new CreateTaskRequest { Template = "static", Name = "two", Workspace = "nb", Runner = "gpu2" })).Task!;
        var there = $"/api/v1/runner/links/{await second.Link}/workspaces/{next.Id}/1";
        Assert.Equal(first.Snapshot.Id, await HeadAsync(runner, there));
        files.Write("a.txt", "two");
        var theirs = (await CommitAsync(runner, there, await SendAsync(runner, there, files), first.Snapshot.Id, isLast: false)).Made!;
        Assert.False(theirs.IsDiverged);

        files.Write("a.txt", "what was lost");
        var left = await SendAsync(runner, at, files);
        using (var read = await runner.PostAsync($"{at}/chunks/read", new ByteArrayContent(new byte[32]), Deadline))
            Assert.Equal(HttpStatusCode.Conflict, read.StatusCode); // It is not its runner's to read any more,
        Assert.Equal(HttpStatusCode.Conflict, (await CommitAsync(runner, at, left, first.Snapshot.Id, isLast: false)).Status); // nor to go on with.
        var (status, made) = await CommitAsync(runner, at, left, first.Snapshot.Id, isLast: true);
        Assert.Equal(HttpStatusCode.Created, status);
        Assert.True(made!.IsDiverged);
        Assert.StartsWith("main-ann-", made.Branch, StringComparison.Ordinal);
        Assert.Equal(("ann", "stop"), (made.Snapshot.Author, made.Snapshot.Cause));
        // Whose answer was lost asks again, and makes no second one; and then nothing more is taken.
        var (repeated, same) = await CommitAsync(runner, at, left, first.Snapshot.Id, isLast: true);
        Assert.Equal((HttpStatusCode.OK, made.Snapshot.Id), (repeated, same!.Snapshot.Id));
        files.Write("a.txt", "too late");
        Assert.Equal(HttpStatusCode.Conflict, (await CommitAsync(runner, at, await SendAsync(runner, there, files), made.Snapshot.Id, isLast: true)).Status);
        using var more = await runner.PostAsync($"{at}/chunks/missing", new ByteArrayContent(new byte[32]), Deadline);
        Assert.Equal(HttpStatusCode.Conflict, more.StatusCode);
        Assert.Equal(theirs.Snapshot.Id, await HeadAsync(runner, there));
    }

    private static async Task<(HttpStatusCode Status, ApiTask? Task, string Text)> LaunchAsync(TaskHub hub, CreateTaskRequest request)
    {
        using var api = hub.Hub.Api(hub.Ann.Secret);
        using var answer = await api.PostAsJsonAsync("/api/v1/tasks", request, TasksJson.Default.CreateTaskRequest, Deadline);
        var text = await answer.Content.ReadAsStringAsync(Deadline);
        return (answer.StatusCode, answer.IsSuccessStatusCode ? System.Text.Json.JsonSerializer.Deserialize(text, TasksJson.Default.ApiTask) : null, text);
    }

    private static async Task<ApiToken> RunnerTokenAsync(TaskHub hub)
    {
        using var api = hub.Hub.Api();
        using var made = await api.PostAsJsonAsync(
            "/api/v1/tokens", new CreateTokenRequest { Name = "runner", Account = "ann", Scopes = ["runner:serve"] }, TokensJson.Default.CreateTokenRequest, Deadline);
        return (await made.Content.ReadFromJsonAsync(TokensJson.Default.ApiToken, Deadline))!;
    }

    private static async Task EndAsync(TaskHub hub, FakeRunner runner, ApiTask task)
    {
        await runner.WantedAsync(task.Id);
        await runner.ReportAsync(task.Id, TaskState.Ready);
        Assert.Equal(HttpStatusCode.OK, (await hub.PostAsync($"{task.Id}/stop")).Status);
        await runner.ReportAsync(task.Id, TaskState.Stopped);
        await hub.StateAsync(task.Id, TaskState.Stopped);
    }

    private static async Task<HttpStatusCode> GetAsync(HttpClient api, string path)
    {
        using var answer = await api.GetAsync(new Uri(path, UriKind.Relative), Deadline);
        return answer.StatusCode;
    }

    private static async Task<HttpStatusCode> BeginAsync(HttpClient api, string path)
    {
        using var answer = await api.PostAsync(new Uri(path, UriKind.Relative), null, Deadline);
        return answer.StatusCode;
    }

    private static async Task<string?> HeadAsync(HttpClient api, string path)
    {
        using var answer = await api.PostAsync(new Uri(path, UriKind.Relative), null, Deadline);
        return (await answer.Content.ReadFromJsonAsync(RunnersJson.Default.RunnerWorkspace, Deadline))!.Head?.Id;
    }

    private static async Task<string> CodeAsync(HttpClient api, string path)
    {
        using var answer = await api.PostAsync(new Uri(path, UriKind.Relative), null, Deadline);
        using var problem = System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Deadline));
        return problem.RootElement.GetProperty("code").GetString()!;
    }

    private static async Task<DirectoryRef> SendAsync(HttpClient api, string at, TempDirectory files) =>
        (await TreeScan.RunAsync(new ApiChunks(api, at), files.Path, new ScanOptions(), Deadline)).Root;

    private static async Task<(HttpStatusCode Status, CreatedSnapshot? Made)> CommitAsync(HttpClient api, string at, DirectoryRef root, string? parent, bool isLast)
    {
        var request = new RunnerSnapshotRequest
        {
            IsLast = isLast, Root = root.Id.ToString(), Entries = root.Entries, Files = root.Files, Bytes = root.Bytes, Parent = parent, Cause = isLast ? "stop" : "schedule",
        };
        using var answer = await api.PostAsJsonAsync($"{at}/snapshots", request, RunnersJson.Default.RunnerSnapshotRequest, Deadline);
        return (answer.StatusCode, answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync(RunnersJson.Default.CreatedSnapshot, Deadline) : null);
    }
}
