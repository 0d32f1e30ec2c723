using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Tests.Access;
using Adit.Testing;

namespace Adit.Hub.Tests.Tasks;

/// <summary>What somebody is told whose request about a task cannot be: what, of which, and what to do.</summary>
public sealed class TaskAnswerTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_job_that_has_ended_holds_nothing_that_could_be_removed_and_says_so()
    {
        await using var hub = await TaskHub.StartAsync();
        using var started = await hub.Hub.SendAsync(hub.Ann.Secret, HttpMethod.Post, "tasks", JsonContent.Create(
            new CreateTaskRequest { Template = "command", Name = "hello", Kind = TaskKind.Job, Command = ["true"] }, TasksJson.Default.CreateTaskRequest));
        var task = (await started.Content.ReadFromJsonAsync(TasksJson.Default.ApiTask, Ct))!;
        await hub.Runner.WantedAsync(task.Id);
        await hub.Runner.ReportAsync(task.Id, TaskState.Ready);
        await hub.Runner.ReportAsync(task.Id, TaskState.Stopped, static t => t with { ExitCode = 0 });
        await Eventually.HoldsAsync(async () => (await hub.ShowAsync(task.Id)).State == TaskState.Stopped, "it has ended");
        using var refused = await hub.Hub.SendAsync(hub.Ann.Secret, HttpMethod.Delete, "tasks/hello");
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains("The job 'hello' has ended and holds nothing; its log goes after 30 days.", await TextAsync(refused), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, await hub.Hub.StatusAsync(await hub.Hub.PersonAsync("bob"), HttpMethod.Delete, "tasks/" + task.Id));
    }

    [Fact(Timeout = 60_000)]
    public async Task The_tunnel_of_a_task_names_the_task_and_how_it_goes()
    {
        await using var hub = await TaskHub.StartAsync();
        var task = await hub.LaunchAsync("demo");
        using var own = await hub.Hub.SendAsync(hub.Ann.Secret, HttpMethod.Delete, "tunnels/demo--ann");
        Assert.Equal(HttpStatusCode.Conflict, own.StatusCode);
        Assert.Contains("is a port of the task 'demo' and goes with it: 'adit stop demo' ends the task, 'adit rm demo' removes both then.", await TextAsync(own), StringComparison.Ordinal);

        // Names are one's own: an admin is told the id of somebody else's.
        using var others = await hub.Hub.SendAsync(null, HttpMethod.Delete, "tunnels/demo--ann");
        Assert.Contains($"'adit rm {task.Id}' removes both then.", await TextAsync(others), StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("ab")]
    [InlineData("Upper")]
    [InlineData("two--hyphens")]
    [InlineData("a-name-of-more-than-thirty-chars")]
    public async Task Every_name_that_is_none_is_refused_with_the_whole_rule(string name)
    {
        await using var hub = await TaskHub.StartAsync();
        using var refused = await hub.TryRunAsync(name, 1, 64, 0, null, null, "command");
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains($"'{name}' is no name for a task: one has 1 or 3 to 30 of a-z, 0-9 and single hyphens inside", await TextAsync(refused), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Memory_without_a_unit_is_told_to_need_one()
    {
        await using var hub = await TaskHub.StartAsync();
        using var refused = await hub.Hub.SendAsync(hub.Ann.Secret, HttpMethod.Post, "tasks", JsonContent.Create(
            new CreateTaskRequest { Template = "command", Command = ["true"], Resources = new TaskResources { MemoryBytes = 2 } }, TasksJson.Default.CreateTaskRequest));
        Assert.Contains("not 2 bytes; write a unit, such as 2Gi.", await TextAsync(refused), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task One_of_a_thing_is_not_called_many()
    {
        await using var hub = await TaskHub.StartAsync(cpus: 1, gpus: 1);
        using var never = await hub.TryRunAsync("big", 4, 64, 0, null, null, "command");
        Assert.Contains("it has 1 core\"", (await TextAsync(never)).Replace(".\"", "\"", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private static async Task<string> TextAsync(HttpResponseMessage answer) =>
        System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Ct)).RootElement.GetProperty("detail").GetString()! + "\"";
}
