using System.Runtime.Versioning;
using Adit.Api;
using Adit.Testing;

namespace Adit.Runner.Tests.Agent;

/// <summary>Secrets on a runner: in memory until a start, on no disk, and never a start without them.</summary>
[SupportedOSPlatform("linux")]
public sealed class AgentSecretTests
{
    private const string Value = "s3cret-value";
    private const string Script = "test ${#KEY} = 12 && echo given; while :; do sleep 0.05; done";

    [Fact]
    public async Task What_a_runner_keeps_of_a_task_has_no_secret_in_it()
    {
        await using var stage = new AgentStage();
        stage.Run(Told(stage, Script));
        await stage.SeenAsync("t", TaskState.Ready);
        await Eventually.HoldsAsync(() => stage.Lines("t").Any(static l => l.Text == "given"), "it has its secret");

        await stage.RestartAsync();
        await stage.SeenAsync("t", TaskState.Ready);

        Assert.DoesNotContain(Directory.EnumerateFiles(stage.Data, "*", SearchOption.AllDirectories), static f => File.ReadAllText(f).Contains(Value, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_start_that_an_earlier_process_did_not_come_to_waits_for_its_secrets()
    {
        await using var stage = new AgentStage();
        var never = new TaskCompletionSource();
        stage.Executor.BeforePrepare = () => never.Task;
        stage.Run(Told(stage, Script));
        await stage.SeenAsync("t", TaskState.Preparing);
        var restarting = stage.RestartAsync();
        never.SetException(new OperationCanceledException());
        stage.Executor.BeforePrepare = static () => Task.CompletedTask;
        await restarting;
        await Eventually.HoldsAsync(() => stage.Find("t")?.Seen.Progress == "waiting for its secrets from the hub", "it waits");
        Assert.Equal(0, stage.Executor.Starts);

        stage.Run(Told(stage, Script).WithoutSecrets()); // As a hub that believes that it runs.
        stage.Run(Told(stage, Script));

        await stage.SeenAsync("t", TaskState.Ready);
        await Eventually.HoldsAsync(() => stage.Lines("t").Any(static l => l.Text == "given"), "it has its secret");
        Assert.Equal(1, stage.Executor.Starts);
    }

    [Fact]
    public async Task Secrets_that_never_come_end_the_start_with_a_reason()
    {
        await using var stage = new AgentStage();
        stage.Run(Told(stage, Script).WithoutSecrets() with { StartTimeoutSeconds = 1 });

        await stage.SeenAsync("t", TaskState.Failed);

        Assert.Equal("Its secrets did not come from the hub within 1 s.", stage.Find("t")!.Seen.Reason);
        Assert.Equal(0, stage.Executor.Starts);
    }

    private static TaskSpec Told(AgentStage stage, string script) => stage.Spec("t", script) with
    {
        Secrets = new Dictionary<string, SecretReference> { ["KEY"] = new("key") }, SecretValues = new Dictionary<string, string> { ["KEY"] = Value },
    };
}
