using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Adit.Api;
using Adit.Testing;

namespace Adit.Faults.Stage;

/// <summary>A hub and a runner, each in a process of its own with data that outlive it, and a template of sessions with a port; for tests that kill the two.</summary>
public sealed class TaskStage : IAsyncLifetime
{
    private const string Template = """
        apiVersion: adit/v1
        kind: Template
        metadata: {slug: gated, name: Gated}
        spec:
          type: session
          source: {openCommand: true}
          resources: {cpu: {request: 0.1, max: 64}, memory: {request: 64Mi, limit: 256Mi}}
          ports: [{name: main}]
          stop: {grace: 120s}
          idle: {timeout: never, maxAge: never}
        """;

    private readonly TempDirectory _hubData = new();
    private readonly TempDirectory _runnerData = new();
    private readonly TempDirectory _gates = new();
    private readonly List<GatedTask> _tasks = [];
    private HubProcess? _hub;
    private RunnerProcess? _runner;
    private string? _token;
    private int _count;

    internal HubProcess Hub => _hub!;

    internal RunnerProcess Runner => _runner!;

    internal string Data => _runnerData.Path;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        _hub = await HubProcess.StartAsync(_hubData.Path);
        _token = await AditProcess.TokenAsync(["runner", "token", "create"], _hub.ClientEnvironment);
        _runner = await RunnerProcess.StartAsync(_hub, "gpu1", _runnerData.Path, _token);
        await AditProcess.RunAsync(["template", "push", _gates.Write("gated.yaml", Template)], _hub.ClientEnvironment);
    }

    /// <summary>Starts what a test that failed left dead.</summary>
    internal async Task WholeAsync()
    {
        if (Hub.Process.HasExited)
            await StartHubAsync();
        if (Runner.Process.HasExited)
            await StartRunnerAsync();
        else
            Runner.Process.Send(Signal.Continue);
        await Eventually.HoldsAsync(async () => await IsRunnerUpAsync(), "the runner is there");
    }

    /// <summary>Starts a task; it waits at its gates.</summary>
    internal async Task<GatedTask> LaunchAsync(TaskKind kind = TaskKind.Session, double cpu = 0.1)
    {
        var name = $"task-{++_count}";
        var folder = _gates.File(name);
        Directory.CreateDirectory(folder);
        var gated = new GatedTask(folder);
        var (status, task) = await TryLaunchAsync(new CreateTaskRequest
        {
            Template = kind == TaskKind.Session ? "gated" : "command", Name = name, Kind = kind, Command = gated.Command(kind == TaskKind.Session ? "{{port}}" : "0"),
            Resources = new TaskResources { Cpu = cpu, MemoryBytes = 128 << 20 },
        });
        Assert.Equal(HttpStatusCode.Created, status);
        gated.Task = task!;
        _tasks.Add(gated);
        return gated;
    }

    /// <summary>Brings a new task to a state. Nothing is dead, and where it is <see cref="TaskState.Scheduled"/> the runner stands still.</summary>
    internal async Task<GatedTask> ReachAsync(TaskState state)
    {
        await WholeAsync();
        if (state is TaskState.Scheduled or TaskState.Preparing)
            await PauseRunnerAsync();
        var task = await LaunchAsync();
        if (state == TaskState.Scheduled)
        {
            Assert.Equal(TaskState.Scheduled, (await ShowAsync(task.Id)).State);
            return task;
        }

        if (state == TaskState.Preparing)
        {
            await HoldPreparingAsync(task);
            Runner.Process.Send(Signal.Continue);
            await StateAsync(task, TaskState.Preparing);
            return task;
        }

        await StateAsync(task, TaskState.Starting);
        await task.StartedAsync();
        if (state == TaskState.Starting)
            return task;
        task.Open();
        await StateAsync(task, TaskState.Ready);
        if (state is TaskState.Stopping or TaskState.Stopped)
        {
            await SayAsync(task, "stop");
            await Eventually.HoldsAsync(() => task.IsAsked, "it is asked to end");
        }

        if (state is TaskState.Stopped or TaskState.Failed)
        {
            task.End(state == TaskState.Stopped ? 0 : 3);
            await StateAsync(task, state);
        }

        return task;
    }

    /// <summary>POST /api/v1/tasks.</summary>
    internal async Task<(HttpStatusCode Status, ApiTask? Task)> TryLaunchAsync(CreateTaskRequest request)
    {
        using var http = LoopbackHttp.Create(Hub.AdminToken);
        using var answer = await http.PostAsJsonAsync(new Uri($"{Hub.Url}/api/v1/tasks"), request, TasksJson.Default.CreateTaskRequest);
        return (answer.StatusCode, answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync(TasksJson.Default.ApiTask) : null);
    }

    /// <summary>A POST of what is done with a task, acknowledged.</summary>
    internal async Task SayAsync(GatedTask task, string what)
    {
        using var http = LoopbackHttp.Create(Hub.AdminToken);
        using var answer = await http.PostAsync(new Uri($"{Hub.Url}/api/v1/tasks/{task.Id}/{what}"), null);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>A task as the hub shows it.</summary>
    internal async Task<ApiTask> ShowAsync(string task)
    {
        using var http = LoopbackHttp.Create(Hub.AdminToken);
        return (await http.GetFromJsonAsync(new Uri($"{Hub.Url}/api/v1/tasks/{task}"), TasksJson.Default.ApiTask))!;
    }

    /// <summary>Returns when a task is in a state.</summary>
    internal async Task<ApiTask> StateAsync(GatedTask task, TaskState state, TimeSpan? within = null)
    {
        ApiTask? now = null;
        try
        {
            await Eventually.HoldsAsync(async () => (now = await ShowAsync(task.Id)).State == state, $"{task.Task.Name} is {state}", within);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message} It is {now?.State} ({now?.Reason}), by way of {string.Join(", ", now?.Steps.Select(static s => s.State) ?? [])}.\n{Runner.Process.Output}", e);
        }

        return now!;
    }

    /// <summary>The hub dies without notice.</summary>
    internal async Task KillHubAsync()
    {
        Hub.Process.Send(Signal.Kill);
        await Hub.Process.WaitForExitAsync();
    }

    /// <summary>The next hub of the same data at the same address.</summary>
    internal async Task StartHubAsync()
    {
        var port = Hub.Port;
        await Hub.DisposeAsync();
        _hub = await HubProcess.StartAsync(_hubData.Path, port);
    }

    /// <summary>The runner dies without notice. Its tasks do not.</summary>
    internal async Task KillRunnerAsync()
    {
        Runner.Process.Send(Signal.Kill);
        await Runner.Process.WaitForExitAsync();
    }

    /// <summary>The next runner of the same data.</summary>
    internal async Task StartRunnerAsync()
    {
        await Runner.DisposeAsync();
        _runner = await RunnerProcess.StartAsync(Hub, "gpu1", _runnerData.Path, _token);
    }

    /// <summary>From here on the runner does nothing until it is sent <see cref="Signal.Continue"/>.</summary>
    internal async Task PauseRunnerAsync()
    {
        Runner.Process.Send(Signal.Stop);
        await Eventually.HoldsAsync(() => File.ReadAllText($"/proc/{Runner.Process.Id}/stat").Split(") ")[^1][0] is 'T', "the runner stands still");
    }

    /// <summary>Holds a task, of which its runner has not heard yet, while it prepares: a file that it has to write takes no byte.</summary>
    internal async Task HoldPreparingAsync(GatedTask task)
    {
        Directory.CreateDirectory(AttemptOf(task));
        await ChildProcess.RunAsync("mkfifo", [Path.Combine(AttemptOf(task), "start.json.new")]);
    }

    /// <summary>Takes the bytes of that file, and puts them where they belong.</summary>
    internal async Task LetPrepareAsync(GatedTask task)
    {
        var file = Path.Combine(AttemptOf(task), "start.json");
        var text = await File.ReadAllTextAsync(file + ".new");
        var copy = _gates.Write($"start-{task.Id}.json", text);
        await Eventually.HoldsAsync(() => File.Exists(file), "the runner put the file in its place");
        File.Copy(copy, file + ".copy");
        File.Move(file + ".copy", file, overwrite: true);
    }

    /// <summary>Whether the runner's disk says how a task ended.</summary>
    internal bool HasNotedEnd(GatedTask task)
    {
        var file = Path.Combine(Data, "tasks", task.Id, "task.json");
        if (!File.Exists(file))
            return false;
        using var memory = JsonDocument.Parse(File.ReadAllText(file));
        return memory.RootElement.TryGetProperty("end", out var end) && end.ValueKind == JsonValueKind.Object;
    }

    /// <summary>Whether anything is left of a task's processes: those that it started, groups of processes, files of attempts.</summary>
    internal string? Left(GatedTask task)
    {
        if (task.Alive is { Count: > 0 } alive)
            return $"the processes {string.Join(", ", alive)}";
        if (Directory.Exists(AttemptOf(task)))
            return AttemptOf(task);
        return Directory.Exists("/sys/fs/cgroup")
            ? Directory.EnumerateDirectories("/sys/fs/cgroup", task.Id + ".*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true }).FirstOrDefault()
            : null;
    }

    /// <summary>Ends a task as people do, and looks that nothing of it is left.</summary>
    internal async Task EndAsync(GatedTask task)
    {
        if (await ShowAsync(task.Id) is { State: not (TaskState.Stopped or TaskState.Failed) })
        {
            await SayAsync(task, "stop");
            task.End(0);
            await StateAsync(task, TaskState.Stopped);
        }

        await Eventually.HoldsAsync(() => Left(task) is null, $"nothing is left of {task.Task.Name}: {Left(task)}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_runner is not null)
            await _runner.DisposeAsync();
        if (_hub is not null)
            await _hub.DisposeAsync();
        foreach (var task in _tasks)
            task.Kill();
        _hubData.Dispose();
        _runnerData.Dispose();
        _gates.Dispose();
    }

    private string AttemptOf(GatedTask task) => Path.Combine(Data, "tasks", task.Id, "1");

    private async Task<bool> IsRunnerUpAsync()
    {
        using var http = LoopbackHttp.Create(Hub.AdminToken);
        return (await http.GetFromJsonAsync(new Uri($"{Hub.Url}/api/v1/runners/gpu1"), RunnersJson.Default.ApiRunner))!.IsUp;
    }
}
