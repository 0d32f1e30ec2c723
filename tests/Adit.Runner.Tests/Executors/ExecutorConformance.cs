using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Adit.Api;
using Adit.Runner.Executors;
using Adit.Testing;

namespace Adit.Runner.Tests.Executors;

/// <summary>What every executor must do. Commands are those of a Debian system; an executor's own class says how one gets that.</summary>
public abstract partial class ExecutorConformance : IAsyncDisposable
{
    private protected static readonly TimeSpan Deadline = TimeSpan.FromSeconds(40);
    private protected static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private protected const string Listener =
        "import socket,sys; s=socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('0.0.0.0',int(sys.argv[1]))); s.listen()\n" +
        "while True:\n c=s.accept()[0]; c.sendall(sys.argv[2].encode()); c.close()";

    private readonly TempDirectory _data = new();
    private readonly List<TaskSpool> _spools = [];
    private readonly List<IExecution> _executions = [];
    private readonly HashSet<TaskSpec> _started = [];
    private int _tasks;

    /// <summary>The runner's data directory.</summary>
    private protected string Data => _data.Path;

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var execution in _executions)
            await execution.DisposeAsync();
        foreach (var spec in _started)
        {
            if (await NewExecutor().AdoptAsync(Place(spec), spec, CancellationToken.None).WaitAsync(Deadline) is not { } execution)
                continue;
            await execution.StopAsync(TimeSpan.Zero, CancellationToken.None).WaitAsync(Deadline);
            await execution.DisposeAsync();
            await NewExecutor().ForgetAsync(Place(spec), int.MaxValue, CancellationToken.None).WaitAsync(Deadline);
        }

        _spools.ForEach(static s => s.Dispose());
        _data.Dispose();
    }

    private protected abstract IExecutor NewExecutor();

    /// <summary>Whether limits hold, and running out of memory is told.</summary>
    private protected virtual bool Limits => true;

    /// <summary>Whether a program that left its session and whose parent has ended is found.</summary>
    private protected virtual bool FindsDetached => true;

    /// <summary>Makes a task this executor's own.</summary>
    private protected abstract TaskSpec For(TaskSpec spec);

    private protected TaskSpec Task(params string[] command) => For(new TaskSpec
    {
        Id = $"t{Environment.ProcessId}-{GetType().Name}-{Interlocked.Increment(ref _tasks)}-{Path.GetFileName(_data.Path)}",
        Attempt = 1,
        Name = "test",
        Owner = "ada",
        Kind = TaskKind.Session,
        Executor = "set below",
        Command = command,
    });

    private protected TaskSpec Shell(string script) => Task("sh", "-c", script);

    private protected TaskPlace Place(TaskSpec spec) => new(_data.Path, spec.Id);

    private protected TaskSpool Spool(TaskSpec spec)
    {
        var spool = new TaskSpool(Place(spec).LogDirectory, TimeProvider.System);
        _spools.Add(spool);
        return spool;
    }

    private protected async Task<IExecution> StartAsync(TaskSpec spec, IExecutor? executor = null)
    {
        executor ??= NewExecutor();
        _started.Add(spec);
        await executor.PrepareAsync(Place(spec), spec, new Progress<string>(), CancellationToken.None).WaitAsync(Deadline);
        var execution = await executor.StartAsync(Place(spec), spec, CancellationToken.None).WaitAsync(Deadline);
        _executions.Add(execution);
        return execution;
    }

    private protected async Task<IExecution?> AdoptAsync(TaskSpec spec)
    {
        var execution = await NewExecutor().AdoptAsync(Place(spec), spec, CancellationToken.None).WaitAsync(Deadline);
        if (execution is not null)
            _executions.Add(execution);
        return execution;
    }

    /// <summary>Runs a task to its end.</summary>
    private protected async Task<(ExecutionEnd End, string[] Out, string[] Err)> RunAsync(TaskSpec spec)
    {
        var execution = await StartAsync(spec);
        var lines = await LinesAsync(spec, execution);
        return (await execution.Ended, Of(lines, "out"), Of(lines, "err"));
    }

    /// <summary>All lines of a task that ends by itself.</summary>
    private protected async Task<IReadOnlyList<LogLine>> LinesAsync(TaskSpec spec, IExecution execution, TaskSpool? spool = null)
    {
        spool ??= Spool(spec);
        await execution.ReadOutputAsync(spool, CancellationToken.None).WaitAsync(Deadline);
        await execution.Ended.WaitAsync(Deadline);
        return spool.Read(1, 100_000);
    }

    private protected static string[] Of(IReadOnlyList<LogLine> lines, string stream) => [.. lines.Where(l => l.Stream == stream).Select(static l => l.Text)];

    /// <summary>What a task's port says; null while nobody listens.</summary>
    private protected static async Task<string?> HearAsync(IPEndPoint port)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(port);
            using var reader = new StreamReader(client.GetStream());
            return await reader.ReadToEndAsync() is { Length: > 0 } text ? text : null;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return null;
        }
    }

    private protected static Task SaysAsync(IPEndPoint port, string text) =>
        Eventually.HoldsAsync(async () => await HearAsync(port) == text, $"{port} says {text}");

    /// <summary>Runs a command beside a task.</summary>
    private protected static async Task<(int Code, string Out, string Err)> ExecAsync(IExecution execution, string? input, params string[] command)
    {
        using var stdin = input is null ? null : new MemoryStream(Encoding.UTF8.GetBytes(input));
        using var stdout = new MemoryStream();
        using var stderr = new MemoryStream();
        var code = await execution.ExecAsync(new ExecRequest { Command = command }, new ExecStreams(stdin, stdout, stderr), CancellationToken.None).WaitAsync(Deadline);
        return (code, Encoding.UTF8.GetString(stdout.ToArray()), Encoding.UTF8.GetString(stderr.ToArray()));
    }

    /// <summary>Processes of the machine with a word among their arguments; what a task is started through is none of its.</summary>
    private protected static int Running(string word)
    {
        var count = 0;
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var id) || id == Environment.ProcessId)
                continue;
            try
            {
                var arguments = File.ReadAllText($"{directory}/cmdline").Split('\0');
                if (arguments.Contains(word) && !arguments.Contains("adit-task") && !arguments[0].EndsWith("docker-init", StringComparison.Ordinal))
                    count++;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Gone.
            }
        }

        return count;
    }

    /// <summary>A number of seconds that no other test sleeps.</summary>
    private protected static string LongSleep() =>
        "3" + (Environment.ProcessId % 10_000).ToString("D4", CultureInfo.InvariantCulture) + Stopwatch.GetTimestamp().ToString(CultureInfo.InvariantCulture)[^4..];
}
