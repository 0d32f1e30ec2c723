using Adit.Api;
using Adit.Hub.Runners;
using Adit.Hub.Tasks;
using Adit.Hub.Templates;

namespace Adit.Hub.Tests.Tasks;

/// <summary>Tasks and runners as the scheduler sees them, with little said about them.</summary>
internal static class Placement
{
    public const long GiB = 1L << 30;

    /// <summary>What a task asks for.</summary>
    public static ResolvedTask Wants(double cpu = 1, long memory = GiB, int gpus = 0, string? gpuType = null, TaskPlacement? placement = null, string executor = "process") => new()
    {
        Template = "t", Version = 1, Kind = TaskKind.Job, Ports = [], Placement = placement ?? new TaskPlacement(), Access = "", MaxShare = default,
        Spec = new TaskSpec { Id = "", Attempt = 0, Name = "", Owner = "", Kind = TaskKind.Job, Executor = executor, Command = ["true"] },
        Requests = new TaskResources { Cpu = cpu, MemoryBytes = memory, Gpus = gpus, GpuType = gpuType }, Idle = new IdlePolicy(), Start = new StartPolicy(default, default, 0),
        Parameters = new Dictionary<string, string>(),
    };

    /// <summary>A runner.</summary>
    public static RunnerRecord Runner(string name = "r1", double cpus = 8, long memory = 16 * GiB, int gpus = 0, string? labels = null, params Taint[] taints) => new()
    {
        Name = name, Installation = "i-" + name, Account = "admin", Version = "0.1.0", Created = DateTimeOffset.UnixEpoch, Seen = DateTimeOffset.UnixEpoch,
        Facts = new RunnerFacts
        {
            Os = "Debian 13", Architecture = "x64", Cpus = cpus, MemoryBytes = memory, DiskBytes = GiB, Executors = ["process"],
            Gpus = [.. Enumerable.Range(0, gpus).Select(static i => new Gpu(i, "A100", 40 * GiB))],
        },
        OwnLabels = (labels ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(static l => l.Split('=')).ToDictionary(static l => l[0], static l => l[1]),
        OwnTaints = taints,
    };

    /// <summary>A runner with what is taken of it.</summary>
    public static Place At(RunnerRecord runner, double cpu = 0, long memory = 0, int gpus = 0, int count = 0, bool isUp = true) =>
        new(runner, isUp, new RunnerLoad(new TaskResources { Cpu = cpu, MemoryBytes = memory, Gpus = gpus }, count));

    /// <summary>A task of somebody's, queued, or on a runner.</summary>
    public static TaskRecord Task(string id, string account, int minute, ResolvedTask wants, string? runner = null) => new()
    {
        Id = id, Name = id, HoldsName = true, Account = account, TokenId = "", Maker = "", Resolved = wants, IsWanted = true, Attempt = 1, Runner = runner,
        State = runner is null ? TaskState.Queued : TaskState.Ready, Created = DateTimeOffset.UnixEpoch.AddMinutes(minute),
    };
}
