using System.Runtime.Versioning;
using Adit.Api;
using Adit.Runner.Agent;
using Adit.Runner.Executors;
using Adit.Testing;

namespace Adit.Runner.Tests.Agent;

/// <summary>GPUs are given out in one place: each to one task at a time, over restarts of the runner, and to nobody who asks for none. The machine only says that it has some.</summary>
[SupportedOSPlatform("linux")]
public sealed class GpuDevicesTests
{
    private const string Script = "echo \"$CUDA_VISIBLE_DEVICES/$NVIDIA_VISIBLE_DEVICES\"; while :; do sleep 0.05; done";
    private static readonly Gpu[] Three = [new(0, "A100", 40L << 30), new(1, "A100", 40L << 30), new(2, "A100", 40L << 30)];

    [Fact]
    public async Task Each_task_has_devices_of_its_own_and_one_that_asks_for_none_has_none()
    {
        await using var stage = new AgentStage { Gpus = Three };
        stage.Tasks.Gpus.Know(Three);

        Assert.Equal("0,1/0,1", await SaysAsync(stage, "two", 2));
        Assert.Equal("2/2", await SaysAsync(stage, "one", 1));
        Assert.Equal("/none", await SaysAsync(stage, "none", 0));
    }

    [Fact]
    public async Task A_task_waits_for_a_device_that_another_has_and_can_be_stopped_meanwhile()
    {
        await using var stage = new AgentStage { Gpus = Three };
        stage.Tasks.Gpus.Know(Three);
        Assert.Equal("0,1,2/0,1,2", await SaysAsync(stage, "all", 3));
        stage.Run(Spec(stage, "more", 1));
        stage.Run(Spec(stage, "other", 1));
        foreach (var name in (string[])["more", "other"])
            await Eventually.HoldsAsync(() => stage.Find(name)!.Seen.Progress == "waiting for GPUs: It asks for 1 GPU, and the runner has 0 of 3 free.", $"{name} waits");

        stage.Tell(new DesiredTask { Spec = Spec(stage, "other", 1), Run = false });
        await stage.SeenAsync("other", TaskState.Stopped);
        stage.Tell(new DesiredTask { Spec = Spec(stage, "all", 3), Run = false });

        await stage.SeenAsync("more", TaskState.Ready);
        Assert.Null(stage.Find("more")!.Seen.Progress);
    }

    [Fact]
    public async Task A_task_that_asks_for_more_than_the_machine_has_fails_when_its_start_took_too_long()
    {
        await using var stage = new AgentStage { Gpus = Three };
        stage.Tasks.Gpus.Know(Three);
        stage.Run(Spec(stage, "four", 4) with { StartTimeoutSeconds = 1 });
        await stage.SeenAsync("four", TaskState.Failed);
        Assert.Equal("It asks for 4 GPUs, and the runner has 3 of 3 free.", stage.Find("four")!.Seen.Reason);
    }

    [Fact]
    public async Task Devices_stay_a_tasks_over_a_restart_of_the_runner_and_are_free_when_it_has_ended()
    {
        await using var stage = new AgentStage { Gpus = Three };
        stage.Tasks.Gpus.Know(Three);
        Assert.Equal("0,1/0,1", await SaysAsync(stage, "two", 2));

        await stage.RestartAsync();
        await stage.SeenAsync("two", TaskState.Ready);
        Assert.Equal("2/2", await SaysAsync(stage, "one", 1));

        stage.Tell(new DesiredTask { Spec = Spec(stage, "two", 2), Run = false });
        await stage.SeenAsync("two", TaskState.Stopped);
        Assert.Equal("0,1/0,1", await SaysAsync(stage, "next", 2));
    }

    [Fact]
    public async Task On_a_machine_without_GPUs_nothing_is_said_of_them()
    {
        await using var stage = new AgentStage();
        Assert.Equal("/", await SaysAsync(stage, "none", 0));
    }

    [Fact]
    public void Which_devices_it_has_is_not_the_hubs_to_say()
    {
        var devices = new GpuDevices();
        devices.Know(Three);
        devices.Keep("a", ["1"]);
        Assert.Equal(["1"], devices.Take("a", 1)!);
        Assert.Equal(["0", "2"], devices.Take("b", 2)!);
        devices.Free("a");
        Assert.Equal(["1"], devices.Take("c", 1)!);
        Assert.Empty(devices.Take("d", 0)!);
    }

    [Fact]
    public void A_container_gets_the_same_devices()
    {
        var spec = new TaskSpec
        {
            Id = "t", Attempt = 1, Name = "t", Owner = "ada", Kind = TaskKind.Session, Executor = "docker", Command = [], Image = new ImageSpec { Reference = "x" },
            Resources = new TaskResources { Gpus = 2 }, GpuDevices = ["0", "2"],
        };
        var body = ContainerSpec.Of(new TaskPlace("/data", "t"), spec, new DockerImage("", []), new DockerExecutorOptions());
        Assert.Equal("""[{"Capabilities":[["gpu"]],"DeviceIDs":["0","2"]}]""", body["HostConfig"]!["DeviceRequests"]!.ToJsonString());

        var none = ContainerSpec.Of(new TaskPlace("/data", "t"), spec with { Resources = new(), GpuDevices = [] }, new DockerImage("", []), new DockerExecutorOptions());
        Assert.Null(none["HostConfig"]!["DeviceRequests"]);
        Assert.Contains("NVIDIA_VISIBLE_DEVICES=void", none["Env"]!.AsArray().Select(static v => (string?)v));
    }

    [Fact]
    public async Task What_nvidia_smi_says_is_what_a_machine_has()
    {
        using var folder = new TempDirectory();
        var program = folder.File("nvidia-smi");
        await File.WriteAllTextAsync(program, "#!/bin/sh\nprintf '0, NVIDIA A100, 40960\\n1, NVIDIA A100, 40960\\n'\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        var facts = await new Machine(folder.Path, TimeProvider.System, program).FactsAsync([], [], TestContext.Current.CancellationToken);

        Assert.Equal([new Gpu(0, "NVIDIA A100", 40L << 30), new Gpu(1, "NVIDIA A100", 40L << 30)], facts.Gpus);
    }

    [Fact]
    public async Task A_program_that_fails_takes_no_GPU_away_and_is_said()
    {
        using var folder = new TempDirectory();
        var program = folder.File("nvidia-smi");
        await WriteAsync("printf '0, NVIDIA GB10, [N/A]\\n'");
        var machine = new Machine(folder.Path, TimeProvider.System, program);
        Gpu[] one = [new(0, "NVIDIA GB10", 0)];
        var well = await machine.FactsAsync([], [], TestContext.Current.CancellationToken);
        Assert.Equal(one, well.Gpus);
        Assert.Empty(well.Warnings);

        await WriteAsync("echo 'Failed to initialize NVML: Driver/library version mismatch' >&2; exit 18");
        var facts = await machine.FactsAsync([], ["other"], TestContext.Current.CancellationToken);

        Assert.Equal(one, facts.Gpus);
        Assert.Equal(
            ["other", "The machine's GPUs cannot be known, and it counts with the 1 that it knew of: nvidia-smi ended with 18. Failed to initialize NVML: Driver/library version mismatch"],
            facts.Warnings);

        await WriteAsync("exec sleep 60");
        facts = await machine.FactsAsync([], [], TestContext.Current.CancellationToken);

        Assert.Equal(one, facts.Gpus);
        Assert.EndsWith("nvidia-smi did not answer within 5 s.", Assert.Single(facts.Warnings), StringComparison.Ordinal);

        async Task WriteAsync(string script)
        {
            await File.WriteAllTextAsync(program, $"#!/bin/sh\n{script}\n", TestContext.Current.CancellationToken);
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public void Where_a_GPU_was_ever_known_a_task_without_one_is_kept_off_all()
    {
        var devices = new GpuDevices();
        Assert.Null(devices.Take("a", 0));
        devices.Know(Three);
        devices.Know([]);
        Assert.Empty(devices.Take("b", 0)!);
    }

    private static TaskSpec Spec(AgentStage stage, string name, int gpus) => stage.Spec(name, Script) with { Resources = new TaskResources { Gpus = gpus }, GpuDevices = ["7"] };

    private static async Task<string> SaysAsync(AgentStage stage, string name, int gpus)
    {
        stage.Run(Spec(stage, name, gpus));
        await stage.SeenAsync(name, TaskState.Ready);
        await Eventually.HoldsAsync(() => stage.Lines(name).Count > 0, "it has said what it has");
        return stage.Lines(name)[0].Text;
    }
}
