using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Tests.Edge.Forwarding;
using Adit.Hub.Tests.Tunnels;
using Adit.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Tests.Tasks;

/// <summary>A whole hub with a <see cref="FakeRunner"/>, and Ann, who starts tasks and visits them.</summary>
internal sealed class TaskHub : IAsyncDisposable
{
    public const string Navigate = "Accept: text/html\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Site: none";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private readonly RawServer _app;

    private TaskHub(TestHub hub, FakeRunner runner, RawServer app, ApiToken ann)
    {
        Hub = hub;
        Runner = runner;
        _app = app;
        Ann = ann;
    }

    public TestHub Hub { get; }

    public FakeRunner Runner { get; }

    public ApiToken Ann { get; }

    public int Port => Hub.Address.Port;

    public T Service<T>()
        where T : notnull => Hub.Services.GetRequiredService<T>();

    public static async Task<TaskHub> StartAsync(RawServer? app = null, TimeProvider? time = null, Func<HubOptions, HubOptions>? change = null, double cpus = 64, int gpus = 0, Action<ILoggingBuilder>? logging = null)
    {
        var hub = await TestHub.StartAsync(time, change, logging);
        var ann = await hub.TokenAsync("ann");
        var runner = await FakeRunner.StartAsync(hub, cpus: cpus, gpus: gpus);
        app ??= RawServer.Echoing();
        runner.AppPort = app.Port;
        return new TaskHub(hub, runner, app, ann);
    }

    /// <summary>Publishes a template of an admin's: a web server with what is given below <c>spec</c>.</summary>
    public async Task TemplateAsync(string slug, string spec, string ports = "[{name: main}]", string? visibility = null)
    {
        using var api = Hub.Api();
        var yaml = $"apiVersion: adit/v1\nkind: Template\nmetadata:\n  slug: {slug}\n  name: {slug}{(visibility is null ? "" : "\n  visibility: " + visibility)}\nspec:\n  type: session\n  source: {{command: [serve]}}\n  ports: {ports}\n{spec}\n";
        using var draft = await api.PutAsJsonAsync($"/api/v1/templates/{slug}/draft", new PutTemplateDraftRequest { Yaml = yaml }, TemplatesJson.Default.PutTemplateDraftRequest);
        Assert.True(draft.IsSuccessStatusCode, await draft.Content.ReadAsStringAsync());
        using var none = new StringContent("{}", null, "application/json");
        using var published = await api.PostAsync($"/api/v1/templates/{slug}/publish", none);
        Assert.True(published.IsSuccessStatusCode, await published.Content.ReadAsStringAsync());
    }

    /// <summary>Starts a task of Ann's.</summary>
    public async Task<ApiTask> LaunchAsync(string name, string template = "static", string? access = null, string? runner = null)
    {
        using var api = Hub.Api(Ann.Secret);
        using var answer = await api.PostAsJsonAsync(
            "/api/v1/tasks", new CreateTaskRequest { Template = template, Name = name, Access = access, Runner = runner }, TasksJson.Default.CreateTaskRequest).WaitAsync(Deadline);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync(TasksJson.Default.ApiTask))!;
    }

    /// <summary>The same, until it is ready.</summary>
    public async Task<ApiTask> ReadyAsync(string name, string template = "static", string? access = null)
    {
        var task = await LaunchAsync(name, template, access);
        await Runner.WantedAsync(task.Id);
        await Runner.ReportAsync(task.Id, TaskState.Starting);
        await Runner.ReportAsync(task.Id, TaskState.Ready);
        return await ShowAsync(task.Id);
    }

    public async Task<ApiTask> ShowAsync(string task)
    {
        using var api = Hub.Api(Ann.Secret);
        return (await api.GetFromJsonAsync($"/api/v1/tasks/{task}", TasksJson.Default.ApiTask))!;
    }

    /// <summary>Waits until a task is in a state.</summary>
    public Task StateAsync(string task, TaskState state) => Eventually.HoldsAsync(async () => (await ShowAsync(task)).State == state, $"task {task} is {state}");

    /// <summary>A POST of Ann's below /api/v1/tasks/.</summary>
    public async Task<(HttpStatusCode Status, string Body)> PostAsync(string path, string? json = null, string? token = null)
    {
        using var api = Hub.Api(token ?? Ann.Secret);
        using var content = json is null ? null : new StringContent(json, null, "application/json");
        using var answer = await api.PostAsync("/api/v1/tasks/" + path, content);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>The cookie of somebody who came in at a task's host with a token.</summary>
    public string Cookie(ApiTask task, ApiToken? whose = null)
    {
        var who = whose ?? Ann;
        var tickets = new DoorTickets(DoorTickets.KeyIn(Service<HubOptions>().DataDirectory), Hub.Time);
        return $"Cookie: {DoorCookies.PlainTicket}={tickets.Issue(HostOf(task), TicketKind.Token, new DoorKey(who.Account, who.Id), DoorTickets.Life)}";
    }

    public static string HostOf(ApiTask task) => $"{task.Ports[0].Tunnel}.{TestHub.Domain}";

    /// <summary>One request to a task's host, on a connection of its own; all that comes back.</summary>
    public async Task<string> SendAsync(string method, ApiTask task, string target, params string[] fields)
    {
        await using var peer = await OpenAsync(method, task, target, ["Connection: close", .. fields]);
        return await peer.ReadToEndAsync();
    }

    /// <summary>Sends a request and leaves the answer to be read.</summary>
    public async Task<RawPeer> OpenAsync(string method, ApiTask task, string target, params string[] fields)
    {
        var peer = await RawPeer.ConnectAsync(Port);
        var lines = string.Concat(fields.Where(static f => f.Length > 0).Select(static f => f + "\r\n"));
        await peer.SendAsync($"{method} {target} HTTP/1.1\r\nHost: {HostOf(task)}:{Port}\r\n{lines}\r\n");
        return peer;
    }

    /// <summary>A person's request for a page.</summary>
    public Task<string> BrowseAsync(ApiTask task, string target = "/", ApiToken? whose = null) => SendAsync("GET", task, target, Navigate, Cookie(task, whose));

    public async ValueTask DisposeAsync()
    {
        await Runner.DisposeAsync();
        await Hub.DisposeAsync();
        await _app.DisposeAsync();
    }
}
