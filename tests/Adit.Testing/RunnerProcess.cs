namespace Adit.Testing;

/// <summary>A runner in its own process, with a data directory that can outlive it.</summary>
public sealed class RunnerProcess : IAsyncDisposable
{
    private readonly TempDirectory? _ownDirectory;

    private RunnerProcess(ChildProcess process, string dataDirectory, TempDirectory? ownDirectory)
    {
        Process = process;
        DataDirectory = dataDirectory;
        _ownDirectory = ownDirectory;
    }

    /// <summary>The process.</summary>
    public ChildProcess Process { get; }

    /// <summary>Where it keeps its tasks.</summary>
    public string DataDirectory { get; }

    /// <summary>Starts a runner with a token of its own and returns when the hub has taken it.</summary>
    public static async Task<RunnerProcess> StartAsync(
        HubProcess hub, string name = "gpu1", string? dataDirectory = null, string? token = null, IEnumerable<string>? arguments = null)
    {
        token ??= await AditProcess.TokenAsync(["runner", "token", "create"], hub.ClientEnvironment);
        var own = dataDirectory is null ? new TempDirectory() : null;
        var data = dataDirectory ?? own!.Path;
        var environment = new Dictionary<string, string?>(hub.ClientEnvironment) { ["ADIT_TOKEN"] = token };
        var runner = new RunnerProcess(AditProcess.Start(["runner", "--name", name, "--data", data, .. arguments ?? []], environment), data, own);
        try
        {
            await Eventually.HoldsAsync(
                () => runner.Process.Output.Contains("is ready as", StringComparison.Ordinal)
                    || (runner.Process.HasExited ? throw new InvalidOperationException($"The runner ended with {runner.Process.ExitCode}. It wrote:\n{runner.Process.Output}") : false),
                "the runner is ready");
            return runner;
        }
        catch
        {
            await runner.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        _ownDirectory?.Dispose();
    }
}
