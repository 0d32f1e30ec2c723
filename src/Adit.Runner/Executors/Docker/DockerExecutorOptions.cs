namespace Adit.Runner.Executors;

/// <summary>How tasks run as containers.</summary>
internal sealed record DockerExecutorOptions
{
    private const string DefaultSocket = "/var/run/docker.sock";
    private const string Scheme = "unix://";

    /// <summary>The engine's socket: what <c>DOCKER_HOST</c> says when that is one, else the usual.</summary>
    public string Socket { get; init; } =
        Environment.GetEnvironmentVariable("DOCKER_HOST") is { } host && host.StartsWith(Scheme, StringComparison.Ordinal) ? host[Scheme.Length..] : DefaultSocket;

    /// <summary>Whether an engine that is not there is worth a word: somebody said where it should be.</summary>
    public bool IsWanted { get; init; } = Environment.GetEnvironmentVariable("DOCKER_HOST") is not null;

    /// <summary>Language and character set of tasks that do not say, whose image does not either.</summary>
    public string Language { get; init; } = "C.UTF-8";

    /// <summary>The most processes and threads of a task.</summary>
    public int MostProcesses { get; init; } = 16_384;

    /// <summary>How long the engine may take for an answer that needs no work.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);
}
