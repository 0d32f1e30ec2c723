using Adit.Api;
using Adit.Runner.Executors;

namespace Adit.Runner.Tests.Executors;

/// <summary>Processes where there are no control groups: what can be done without them.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class SessionExecutorTests : ExecutorConformance
{
    private protected override IExecutor NewExecutor() => new ProcessExecutor(
        new() { Path = "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin" }, new Sessions(), new Random(), TimeProvider.System);

    private protected override TaskSpec For(TaskSpec spec) => spec with { Executor = "process" };

    private protected override bool Limits => false;

    private protected override bool FindsDetached => false;

    [Fact]
    public async Task It_says_what_it_cannot()
    {
        var check = await NewExecutor().CheckAsync(CancellationToken.None);

        Assert.Contains(check.Warnings, static w => w.Contains("limits of tasks do not hold", StringComparison.Ordinal));
    }
}
