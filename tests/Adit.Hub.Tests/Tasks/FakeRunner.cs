using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using Adit.Api;
using Adit.Hub.Tests.Tunnels;
using Adit.Link;
using Adit.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Tests.Tasks;

/// <summary>
/// A runner whose tasks do what a test says. It speaks the real protocol over a real link, control API included; behind each port of its
/// tasks is whatever listens on <see cref="AppPort"/>.
/// </summary>
internal sealed class FakeRunner : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<string> _linked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly WebApplication _control;
    private readonly int _controlPort;
    private readonly LinkClient _client;
    private readonly Task _running;
    private readonly HttpClient _api;
    private readonly ConcurrentDictionary<string, DesiredTask> _desired = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ObservedTask> _seen = new(StringComparer.Ordinal);
    private readonly List<DesiredTasks> _said = [];
    private long _number;
    private string _installation = "";
    private string? _process;

    private FakeRunner(TestHub hub, string name, string token, WebApplication control)
    {
        Name = name;
        _control = control;
        _controlPort = new Uri(control.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
        _api = hub.Api(token);
        _client = new LinkClient(new LinkClientOptions { Hub = hub.Address, Token = token, Name = name, Proxy = null, OnStream = ServeAsync });
        _client.Connected += id => _linked.TrySetResult(id);
        _running = _client.RunAsync(_stop.Token);
    }

    public string Name { get; }

    /// <summary>The link of its session.</summary>
    public Task<string> Link => _linked.Task;

    /// <summary>Where all of its tasks' ports lead.</summary>
    public int AppPort { get; set; }

    /// <summary>Where a certain task's ports lead, by its id.</summary>
    public ConcurrentDictionary<string, int> AppPorts { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether it answers nothing over its link, as one whose machine is gone or stopped.</summary>
    public bool IsDeaf { get; set; }

    /// <summary>Calls of freeze and thaw, in order: <c>freeze ID</c>.</summary>
    public ConcurrentQueue<string> Halts { get; } = new();

    /// <summary>Whether it says that it cannot freeze.</summary>
    public bool CannotFreeze { get; set; }

    /// <summary>Starts one and registers it.</summary>
    public static async Task<FakeRunner> StartAsync(
        TestHub hub, string name = "gpu1", double cpus = 64, string? token = null, int gpus = 0, bool isPrivate = false, IReadOnlyList<ObservedTask>? has = null,
        string? installation = null, string? process = null, bool isOld = false, bool isHubUser = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.ConfigureHttpJsonOptions(static json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, RunnersJson.Default));
        builder.WebHost.ConfigureKestrel(static k => k.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        FakeRunner? made = null;
        app.MapPut("/v1/tasks", (DesiredTasks desired) =>
        {
            made!.Take(desired);
            return Results.NoContent();
        });
        app.MapPost("/v1/tasks/{id}/{what}", (string id, string what) =>
        {
            if (made!.CannotFreeze)
                return Results.Text("It cannot be frozen here.", statusCode: 409);
            made.Halts.Enqueue($"{what} {id}");
            return Results.NoContent();
        });
        await app.StartAsync();
        made = new FakeRunner(hub, name, token ?? hub.AdminToken, app);
        foreach (var task in has ?? [])
            made._seen[task.Id] = task;
        made._installation = installation ?? "installation-of-" + name;
        made._process = process;
        try
        {
            await made.GreetAsync(cpus, gpus, isPrivate, isOld, isHubUser);
            return made;
        }
        catch
        {
            await made.DisposeAsync();
            throw;
        }
    }

    /// <summary>All that the hub said, in the order in which it came.</summary>
    public IReadOnlyList<DesiredTasks> Said
    {
        get
        {
            lock (_said)
                return [.. _said];
        }
    }

    /// <summary>What the hub wants of a task.</summary>
    public DesiredTask? Desired(string task) => _desired.GetValueOrDefault(task);

    /// <summary>Waits until the hub wants a task to run, or not to.</summary>
    public Task WantedAsync(string task, bool run = true, int attempt = 1) => Eventually.HoldsAsync(
        () => _desired.GetValueOrDefault(task) is { } desired && desired.Run == run && desired.Spec.Attempt >= attempt, $"task {task} told to {(run ? "run" : "end")}");

    /// <summary>Says what became of a task.</summary>
    public async Task ReportAsync(string task, TaskState state, Func<ObservedTask, ObservedTask>? also = null, RunnerUsage? usage = null)
    {
        await WantedAsync(task, _desired.GetValueOrDefault(task)?.Run ?? true);
        var seen = new ObservedTask { Id = task, Attempt = _desired[task].Spec.Attempt, State = state, Since = TimeProvider.System.GetUtcNow() };
        seen = also?.Invoke(seen) ?? seen;
        _seen[task] = seen;
        using var answer = await _api.PostAsJsonAsync(
            "/api/v1/runner/report", new RunnerReport { Link = await _linked.Task, Tasks = [seen], Usage = usage }, RunnersJson.Default.RunnerReport).WaitAsync(Deadline);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    /// <summary>Sends lines of a task's log.</summary>
    public async Task LogAsync(string task, long first, params string[] lines)
    {
        var batch = new LogBatch { Link = await _linked.Task, Task = task, Lines = [.. lines.Select((l, i) => new LogLine(first + i, TimeProvider.System.GetUtcNow(), "out", l))] };
        using var answer = await _api.PostAsJsonAsync("/api/v1/runner/logs", batch, RunnersJson.Default.LogBatch).WaitAsync(Deadline);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ContinueWith(static _ => { }, TaskScheduler.Default).WaitAsync(Deadline);
        _api.Dispose();
        using var now = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _control.StopAsync(now.Token);
        await _control.DisposeAsync();
    }

    private async Task GreetAsync(double cpus, int gpus, bool isPrivate, bool isOld, bool isHubUser)
    {
        var hello = new RunnerHello
        {
            Name = Name,
            Installation = _installation,
            Process = _process,
            Version = "0.1.0",
            Protocol = 1,
            Link = await _linked.Task.WaitAsync(Deadline),
            Facts = new RunnerFacts
            {
                Os = "Debian 13", Architecture = "x64", Cpus = cpus, MemoryBytes = 1L << 40, DiskBytes = 1L << 40, Executors = ["process"],
                IsHubUser = isHubUser,
                Features = isOld ? [] : [RunnerFeatures.Secrets, RunnerFeatures.Workspaces],
                Gpus = [.. Enumerable.Range(0, gpus).Select(static i => new Gpu(i, "A100", 40L << 30))],
            },
            IsPrivate = isPrivate,
            Tasks = [.. _seen.Values],
        };
        using var answer = await _api.PostAsJsonAsync("/api/v1/runner/session", hello, RunnersJson.Default.RunnerHello).WaitAsync(Deadline);
        if (!answer.IsSuccessStatusCode)
            throw new RefusedException(await answer.Content.ReadAsStringAsync());
        Take((await answer.Content.ReadFromJsonAsync(RunnersJson.Default.RunnerWelcome))!.Desired);
    }

    // As a runner does it (docs/reference/runner.md): what is older than what it heard already says nothing.
    private void Take(DesiredTasks desired)
    {
        lock (_said)
        {
            _said.Add(desired);
            if (desired.Number < _number)
                return;
            _number = desired.Number;
            foreach (var item in desired.Items)
                _desired[item.Spec.Id] = item;
            foreach (var (id, attempt) in desired.Forget ?? [])
            {
                if (_desired.TryGetValue(id, out var item) && item.Spec.Attempt <= attempt)
                    Forget(id);
            }

            if (desired.IsAll)
            {
                foreach (var gone in _desired.Keys.Except(desired.Items.Select(static i => i.Spec.Id)))
                    Forget(gone);
            }
        }
    }

    private void Forget(string task)
    {
        _desired.TryRemove(task, out _);
        _seen.TryRemove(task, out _);
    }

    private async Task ServeAsync(LinkStream stream)
    {
        await using var _ = stream;
        if (IsDeaf)
        {
            await _running.WaitAsync(_stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // Until it is stopped.
            return;
        }

        var target = stream.Request.Target;
        var port = target == "runner:" ? _controlPort : AppPorts.GetValueOrDefault(target["task:".Length..].Split('/')[0], AppPort);
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            stream.Reset(ResetCode.Refused, e.Message);
            return;
        }

        await stream.ConfirmOpenedAsync();
        var wire = new SocketWire(socket);
        await StreamPump.RunAsync(wire, stream);
        wire.Close();
    }
}

/// <summary>The hub would not have a runner: what it answered.</summary>
internal sealed class RefusedException(string answer) : Exception(answer);
