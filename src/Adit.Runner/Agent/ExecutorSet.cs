using Adit.Runner.Executors;

namespace Adit.Runner.Agent;

/// <summary>The executors that there are.</summary>
internal static class ExecutorSet
{
    /// <summary>All of them, whether they work on this machine or not.</summary>
    public static IReadOnlyList<IExecutor> Of(Random random, TimeProvider time) =>
        [new ProcessExecutor(new ProcessExecutorOptions(), random, time), new DockerExecutor(new DockerExecutorOptions(), time)];
}
