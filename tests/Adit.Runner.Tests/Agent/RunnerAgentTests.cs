using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using Adit.Api;
using Adit.Hub.Tests.Tunnels;
using Adit.Runner.Agent;
using Adit.Runner.Executors;
using Adit.Runner.Hubs;
using Adit.Testing;

namespace Adit.Runner.Tests.Agent;

/// <summary>A runner and its hub, both whole and in this process, with real processes and a real link.</summary>
[SupportedOSPlatform("linux")]
public sealed class RunnerAgentTests
{
    private const string Idle = "while :; do sleep 0.05; done";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_task_in_trouble_takes_neither_its_runner_nor_the_other_tasks_usage_away()
    {
        await using var hub = await TestHub.StartAsync();
        var time = new ManualTimeProvider(TimeProvider.System.GetUtcNow());
        await using var runner = await Ready.StartAsync(hub, time: time);
        var good = await LaunchAsync(hub, "good", Idle);
        await StateAsync(hub, good, TaskState.Ready);
        var tries = 0;
        runner.Executor.BeforePrepare = () => throw new InvalidOperationException($"It failed {Interlocked.Increment(ref tries)} times.");
        await LaunchAsync(hub, "bad", Idle);
        for (var i = 1; i <= 6; i++)
        {
            var now = i;
            await Eventually.HoldsAsync(() => tries >= now, $"it was tried {now} times");
            time.Advance(TimeSpan.FromSeconds(2)); // It changes, and is tried again.
        }

        await Eventually.HoldsAsync(async () => (await RunnerAsync(hub)).Usage is { MemoryBytes: > 0 }, "the runner says what it uses");
        await Eventually.HoldsAsync(async () => (await TaskAsync(hub, good)).Usage is not null, "the other task's usage is known");
        runner.Executor.BeforePrepare = static () => Task.CompletedTask;
    }

    [Fact]
    public async Task What_an_engine_does_not_answer_holds_up_no_report()
    {
        await using var hub = await TestHub.StartAsync();
        var time = new ManualTimeProvider(TimeProvider.System.GetUtcNow());
        await using var runner = await Ready.StartAsync(hub, time: time);
        await StateAsync(hub, await LaunchAsync(hub, "slow", Idle), TaskState.Ready);
        var asked = new TaskCompletionSource();
        var never = new TaskCompletionSource();
        runner.Executor.BeforeUsage = () =>
        {
            asked.TrySetResult();
            return never.Task;
        };
        time.Advance(TimeSpan.FromSeconds(10));
        await asked.Task.WaitAsync(Deadline);
        time.Advance(TimeSpan.FromSeconds(5));

        await Eventually.HoldsAsync(async () => (await RunnerAsync(hub)).Usage is not null, "the runner reports");
        never.SetResult();
    }

    [Fact]
    public async Task A_proxy_that_answers_for_the_hub_does_not_end_the_runner()
    {
        await using var hub = await TestHub.StartAsync();
        await using var between = new Between(hub.Address.Port, 2);
        await using var runner = await Ready.StartAsync(hub, address: between.Address);

        Assert.Equal(0, between.Left);
        Assert.True((await RunnerAsync(hub)).IsUp);
        Assert.Contains(runner.Notes, static n => n.Contains("404", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_runner_that_the_hub_refuses_ends_and_lets_go_of_its_executors()
    {
        await using var hub = await TestHub.StartAsync();
        HookedExecutor executor;
        await using (var runner = await Ready.StartAsync(hub))
        {
            executor = runner.Executor;
            await using var other = new Ready(hub, hub.Address, null);
            var e = await Assert.ThrowsAsync<HubApiException>(() => other.Running.WaitAsync(Deadline)); // Of the same name.
            Assert.Equal("name-taken", e.Code);
        }

        Assert.True(executor.IsDisposed);
    }

    [Fact]
    public async Task A_job_that_says_nothing_ends_at_once_and_leaves_nothing_on_its_runner()
    {
        await using var hub = await TestHub.StartAsync();
        var time = new ManualTimeProvider(TimeProvider.System.GetUtcNow()); // Which stands: nothing waits for a time to pass.
        await using var runner = await Ready.StartAsync(hub, time: time);

        var job = await LaunchAsync(hub, "quiet", "exit 0", "job");

        await StateAsync(hub, job, TaskState.Stopped);
        await Eventually.HoldsAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(500));
                return !Directory.Exists(Path.Combine(runner.Data, "tasks", job));
            },
            "nothing is left of it");
    }

    [Fact]
    public async Task A_job_that_says_something_ends_as_soon_as_the_hub_has_it()
    {
        await using var hub = await TestHub.StartAsync();
        var time = new ManualTimeProvider(TimeProvider.System.GetUtcNow()); // Which stands, here too.
        await using var runner = await Ready.StartAsync(hub, time: time);

        var job = await LaunchAsync(hub, "loud", "echo hi; exit 3", "job");

        await StateAsync(hub, job, TaskState.Failed);
        using var api = hub.Api();
        var log = (await api.GetFromJsonAsync($"/api/v1/tasks/{job}/logs", TasksJson.Default.LogPage))!;
        Assert.Contains(log.Lines, static l => l.Text == "hi");
    }

    private static async Task<string> LaunchAsync(TestHub hub, string name, string script, string type = "session")
    {
        using var api = hub.Api();
        var yaml = $"apiVersion: adit/v1\nkind: Template\nmetadata:\n  slug: {name}\n  name: {name}\nspec:\n  type: {type}\n  source:\n    command: [sh, -c, \"{script}\"]\n  resources:\n    cpu: {{request: 0.1}}\n";
        using var draft = await api.PutAsJsonAsync($"/api/v1/templates/{name}/draft", new PutTemplateDraftRequest { Yaml = yaml }, TemplatesJson.Default.PutTemplateDraftRequest);
        Assert.True(draft.IsSuccessStatusCode, await draft.Content.ReadAsStringAsync());
        using var none = new StringContent("{}", null, "application/json");
        using var published = await api.PostAsync($"/api/v1/templates/{name}/publish", none);
        Assert.True(published.IsSuccessStatusCode, await published.Content.ReadAsStringAsync());
        using var answer = await api.PostAsJsonAsync("/api/v1/tasks", new CreateTaskRequest { Template = name, Name = name }, TasksJson.Default.CreateTaskRequest);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync(TasksJson.Default.ApiTask))!.Id;
    }

    private static async Task<ApiTask> TaskAsync(TestHub hub, string task)
    {
        using var api = hub.Api();
        return (await api.GetFromJsonAsync($"/api/v1/tasks/{task}", TasksJson.Default.ApiTask))!;
    }

    private static async Task<ApiRunner> RunnerAsync(TestHub hub)
    {
        using var api = hub.Api();
        return (await api.GetFromJsonAsync("/api/v1/runners/gpu1", RunnersJson.Default.ApiRunner))!;
    }

    private static Task StateAsync(TestHub hub, string task, TaskState state) =>
        Eventually.HoldsAsync(async () => (await TaskAsync(hub, task)).State == state, $"{task} is {state}");

    /// <summary>A runner that runs.</summary>
    private sealed class Ready : IAsyncDisposable
    {
        private readonly TempDirectory _folder = new();
        private readonly CancellationTokenSource _stop = new();
        private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly RunnerAgent _agent;

        public Ready(TestHub hub, Uri address, TimeProvider? time)
        {
            _agent = RunnerAgent.Open(
                new HubAccess { Url = address, Token = hub.AdminToken, Proxy = null },
                new RunnerOptions { Name = "gpu1", DataDirectory = Data, Version = "0.1.0", Time = time ?? TimeProvider.System },
                [Executor]);
            _agent.Ready += _ => _ready.TrySetResult();
            _agent.Noted += note =>
            {
                lock (Notes)
                    Notes.Add(note.Text);
            };
            Running = _agent.RunAsync(_stop.Token);
        }

        public HookedExecutor Executor { get; } = new();

        public List<string> Notes { get; } = [];

        public string Data => _folder.File("data");

        public Task Running { get; }

        public static async Task<Ready> StartAsync(TestHub hub, Uri? address = null, TimeProvider? time = null)
        {
            var runner = new Ready(hub, address ?? hub.Address, time);
            await (await Task.WhenAny(runner._ready.Task, runner.Running)).WaitAsync(Deadline);
            return runner;
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await Running.WaitAsync(Deadline).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _agent.DisposeAsync();
            // What runs goes on without its runner; not here.
            var executor = new ProcessExecutor(new(), new Random(), TimeProvider.System);
            foreach (var place in TaskPlace.All(Data))
                await executor.ForgetAsync(place, int.MaxValue, CancellationToken.None);
            _folder.Dispose();
        }
    }

    /// <summary>A proxy before the hub that answers the first greetings itself.</summary>
    private sealed class Between : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly int _hub;
        private readonly Task _running;
        private int _left;

        public Between(int hub, int wrong)
        {
            _hub = hub;
            _left = wrong;
            _listener.Start();
            _running = RunAsync();
        }

        public int Left => Math.Max(0, _left);

        public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _running;
        }

        private async Task RunAsync()
        {
            try
            {
                while (true)
                    _ = ServeAsync(await _listener.AcceptTcpClientAsync());
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private async Task ServeAsync(TcpClient client)
        {
            try
            {
                using (client)
                {
                    var first = new byte[16 * 1024];
                    var read = await client.GetStream().ReadAsync(first);
                    if (Encoding.ASCII.GetString(first, 0, read).StartsWith("POST /api/v1/runner/session", StringComparison.Ordinal) && Interlocked.Decrement(ref _left) >= 0)
                    {
                        await client.GetStream().WriteAsync("HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnope"u8.ToArray());
                        return;
                    }

                    using var hub = new TcpClient();
                    await hub.ConnectAsync(IPAddress.Loopback, _hub);
                    await hub.GetStream().WriteAsync(first.AsMemory(0, read));
                    await Task.WhenAny(client.GetStream().CopyToAsync(hub.GetStream()), hub.GetStream().CopyToAsync(client.GetStream()));
                }
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                // One of the two is gone.
            }
        }
    }
}
