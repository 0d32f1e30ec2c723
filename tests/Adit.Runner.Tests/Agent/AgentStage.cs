using Adit.Api;
using Adit.Runner.Agent;
using Adit.Runner.Executors;
using Adit.Runner.Hubs;
using Adit.Runner.Workspaces;
using Adit.Testing;

namespace Adit.Runner.Tests.Agent;

/// <summary>The tasks of a runner with real processes, in a data directory of their own, told by the test what the hub would say. Its link is down, so that logs stay.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
internal sealed class AgentStage : IAsyncDisposable
{
    public const string Session = "link-1";

    private readonly TempDirectory _folder = new();
    private readonly HubApi _api = new(new HttpClient(), new Uri("http://127.0.0.1:9"));
    private readonly HubApi? _workspaces;
    private LogShipping _shipping;
    private long _number;

    /// <param name="hub">Where workspaces are kept; null for nowhere.</param>
    public AgentStage(Uri? hub = null)
    {
        _workspaces = hub is null ? null : new HubApi(new HttpClient { BaseAddress = hub }, hub);
        (_shipping, Tasks) = Open();
        Tasks.Begin(Session);
    }

    public HookedExecutor Executor { get; } = new();

    public AgentTasks Tasks { get; private set; }

    /// <summary>Those that the machine has, for the next process of the runner too.</summary>
    public IReadOnlyList<Gpu> Gpus { get; set; } = [];

    public List<string> Notes { get; } = [];

    public string Data => _folder.File("data");

    /// <summary>The id of a task that the test calls so: control groups are the machine's, and other tests have tasks too.</summary>
    public string Id(string name) => $"{name}-{Environment.ProcessId}-{Path.GetFileName(_folder.Path)}";

    public AgentTask? Find(string name) => Tasks.Find(Id(name));

    /// <summary>A shell's task.</summary>
    public TaskSpec Spec(string name, string script, int attempt = 1, TaskKind kind = TaskKind.Session, long firstLine = 1) => new()
    {
        Id = Id(name), Attempt = attempt, Name = name, Owner = "ada", Kind = kind, Executor = "process", Command = ["sh", "-c", script], StopGraceSeconds = 5, FirstLine = firstLine,
    };

    public TaskPlace Place(string name) => new(Data, Id(name));

    public string Home(string name, string file) => Path.Combine(Place(name).Home(null), file);

    public void Tell(params DesiredTask[] items) => Tasks.Desire(new DesiredTasks { IsAll = false, Number = ++_number, Items = items }, Session);

    public void Run(TaskSpec spec) => Tell(new DesiredTask { Spec = spec, Run = true });

    public void Forget(string name, int attempt) => Tasks.Desire(new DesiredTasks { IsAll = false, Number = ++_number, Items = [], Forget = [new TaskAttempt(Id(name), attempt)] }, Session);

    public void TellAll(params DesiredTask[] items) => Tasks.Desire(new DesiredTasks { IsAll = true, Number = ++_number, Items = items }, Session);

    /// <summary>Waits until a task is seen like that.</summary>
    public Task SeenAsync(string name, TaskState state, int attempt = 1) =>
        Eventually.HoldsAsync(() => Find(name)?.Seen is { } seen && seen.State == state && seen.Attempt == attempt, $"{name} is {state} in attempt {attempt}");

    /// <summary>Waits until nothing of a task is known any more but perhaps a home. Its log counts as sent.</summary>
    public Task GoneAsync(string name) => Eventually.HoldsAsync(
        async () =>
        {
            if (Find(name) is { } task)
                await _shipping.LeaveAsync(task);
            Tasks.Tidy();
            return Find(name) is null && !Directory.Exists(Place(name).LogDirectory);
        },
        $"{name} is gone");

    /// <summary>Lines of a task's log.</summary>
    public IReadOnlyList<LogLine> Lines(string name) => [.. Find(name)!.Spool!.Read(1, 1000).Where(static l => l.Stream == "out")];

    /// <summary>As when the runner was killed and the next took up what it left. Processes go on.</summary>
    public async Task RestartAsync(Action? meanwhile = null)
    {
        await Tasks.DisposeAsync();
        await _shipping.DisposeAsync();
        meanwhile?.Invoke();
        (_shipping, Tasks) = Open();
        Tasks.Gpus.Know(Gpus);
        Tasks.Begin(Session);
        _number = 0;
        await Tasks.TakeUpAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Executor.BeforeStop = Executor.BeforeForget = static () => Task.CompletedTask;
        TellAll();
        await Eventually.HoldsAsync(() => Tasks.All.All(static t => t.MayGo), "all tasks have ended");
        await Tasks.DisposeAsync();
        await _shipping.DisposeAsync();
        _api.Dispose();
        _workspaces?.Dispose();
        Executor.Dispose();
        _folder.Dispose();
    }

    private (LogShipping Shipping, AgentTasks Tasks) Open()
    {
        TaskPlace.CreateDirectory(Data);
        var shipping = new LogShipping(_api, TimeProvider.System, static () => { });
        return (shipping, new AgentTasks(
            Data, new Dictionary<string, IExecutor> { ["process"] = Executor }, shipping, TimeProvider.System, static () => { }, n =>
            {
                lock (Notes)
                    Notes.Add(n.Text);
            },
            _workspaces is null ? null : new WorkspaceSync(_workspaces, static () => Session, TimeProvider.System)));
    }
}
