using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Adit.Api;

namespace Adit.Hub.Tests.Tasks;

/// <summary>Calls of the API that tests of quotas and usage make.</summary>
internal static class TaskCalls
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Starts a command with what it shall have reserved; Ann's when no token is given.</summary>
    public static async Task<ApiTask> RunAsync(
        this TaskHub hub, string name, double cpu = 1, long memoryMib = 64, int gpus = 0, string? token = null, string? project = null, string template = "command",
        TaskKind? kind = null)
    {
        using var answer = await hub.TryRunAsync(name, cpu, memoryMib, gpus, token, project, template, kind);
        Assert.True(answer.StatusCode == HttpStatusCode.Created, await answer.Content.ReadAsStringAsync(Ct));
        return (await answer.Content.ReadFromJsonAsync(TasksJson.Default.ApiTask, Ct))!;
    }

    /// <summary>The same, whatever comes of it.</summary>
    public static async Task<HttpResponseMessage> TryRunAsync(
        this TaskHub hub, string name, double cpu = 1, long memoryMib = 64, int gpus = 0, string? token = null, string? project = null, string template = "command",
        TaskKind? kind = null)
    {
        using var api = hub.Hub.Api(token ?? hub.Ann.Secret);
        var request = new CreateTaskRequest
        {
            Template = template, Name = name, Kind = kind, Project = project, Command = template == "command" ? ["sleep", "60"] : null,
            Resources = new TaskResources { Cpu = cpu, MemoryBytes = memoryMib << 20, Gpus = gpus > 0 ? gpus : null },
        };
        return await api.PostAsJsonAsync("/api/v1/tasks", request, TasksJson.Default.CreateTaskRequest, Ct);
    }

    /// <summary>What a start is refused with: the problem's code and sentence.</summary>
    public static async Task<(string? Code, string? Detail)> RefusalAsync(this TaskHub hub, string name, double cpu = 1, long memoryMib = 64, int gpus = 0, string? token = null, string? project = null)
    {
        using var answer = await hub.TryRunAsync(name, cpu, memoryMib, gpus, token, project);
        Assert.False(answer.IsSuccessStatusCode, $"{name} was started.");
        return await ProblemAsync(answer);
    }

    /// <summary>Sets a quota, as the admin.</summary>
    public static async Task QuotaAsync(this TaskHub hub, string of, SetQuotaRequest limits)
    {
        using var api = hub.Hub.Api();
        using var answer = await api.PutAsJsonAsync($"/api/v1/quotas/{of}", limits, QuotasJson.Default.SetQuotaRequest, Ct);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Ct));
    }

    /// <summary>Has a task run on its runner.</summary>
    public static async Task ReadyAsync(this TaskHub hub, ApiTask task)
    {
        await hub.Runner.WantedAsync(task.Id);
        await hub.Runner.ReportAsync(task.Id, TaskState.Ready);
    }

    /// <summary>Has a task end.</summary>
    public static Task EndAsync(this TaskHub hub, ApiTask task, TaskState how = TaskState.Stopped) => hub.Runner.ReportAsync(task.Id, how, static seen => seen with { ExitCode = 0 });

    /// <summary>The code and the sentence of a problem (RFC 9457).</summary>
    public static async Task<(string? Code, string? Detail)> ProblemAsync(HttpResponseMessage answer)
    {
        using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Ct));
        return (problem.RootElement.GetProperty("code").GetString(), problem.RootElement.GetProperty("detail").GetString());
    }
}
