namespace Adit.Runner.Executors;

/// <summary>How tasks run as processes.</summary>
internal sealed record ProcessExecutorOptions
{
    /// <summary>Where programs are looked for, for tasks that do not say: the runner's own PATH.</summary>
    public string Path { get; init; } = Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin";

    /// <summary>Language and character set of tasks that do not say.</summary>
    public string Language { get; init; } = "C.UTF-8";

    /// <summary>The most processes and threads of a task, where the system can count them. A mistake does not take the machine along.</summary>
    public int MostProcesses { get; init; } = 16_384;

    /// <summary>How often a task that an earlier process of the runner started is looked at.</summary>
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromMilliseconds(100);
}
