using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Adit.Bench.Processes;

/// <summary>A process the bench started. Disposing ends it and everything below it, by process id.</summary>
internal sealed partial class Child : IAsyncDisposable
{
    /// <summary>The switch the wrapper sets for the load generator; what is measured must not inherit it.</summary>
    public const string InlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    private const int LinesKept = 40;
    private const int SignalTerminate = 15;
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);

    private static readonly ConcurrentDictionary<Child, bool> Started = new();

    private readonly Process _process;
    private readonly string _name;
    private readonly ConcurrentQueue<string> _lines = new();

    private Child(Process process, string name)
    {
        _process = process;
        _name = name;
    }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended by itself or was ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>The last lines it wrote, for errors.</summary>
    public string Output => string.Join('\n', _lines);

    /// <summary>Starts a program; its output is kept for errors and for <see cref="WaitForLineAsync"/>.</summary>
    public static Child Start(string name, string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove(InlineCompletions);
        foreach (var (key, value) in environment ?? new Dictionary<string, string>())
            start.Environment[key] = value;

        var child = new Child(new Process { StartInfo = start }, name);
        child._process.OutputDataReceived += (_, line) => child.Keep(line.Data);
        child._process.ErrorDataReceived += (_, line) => child.Keep(line.Data);
        child._process.Start();
        Started[child] = true;
        child._process.StandardInput.Close();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Ends whatever is left, as when a subject failed while it started and nobody came to own its processes.</summary>
    public static async Task EndAllAsync()
    {
        foreach (var child in Started.Keys)
            await child.DisposeAsync();
    }

    /// <summary>Waits until it has written a line that matches, and gives that line.</summary>
    public async Task<string> WaitForLineAsync(Predicate<string> matches, CancellationToken cancellationToken)
    {
        string? found = null;
        await Until.TrueAsync(() => (found = _lines.FirstOrDefault(l => matches(l))) is not null, $"{_name} to say that it is ready", this, cancellationToken);
        return found!;
    }

    /// <summary>Throws, with what it said, when it has ended.</summary>
    public void ThrowIfExited()
    {
        if (_process.HasExited)
            throw new InvalidOperationException($"{_name} ended with exit code {_process.ExitCode}:\n{Output}");
    }

    /// <summary>Asks it to end (SIGTERM), and ends it and everything below it when it does not within five seconds.</summary>
    public async Task StopAsync()
    {
        var tree = _process.HasExited ? [] : ProcFs.Tree(Id);
        foreach (var pid in tree)
            _ = Signal(pid, SignalTerminate);

        using var patience = new CancellationTokenSource(StopPatience);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }
    }

    /// <summary>Ends it and everything below it at once (SIGKILL).</summary>
    public void Kill() => _process.Kill(entireProcessTree: true);

    public async ValueTask DisposeAsync()
    {
        if (!Started.TryRemove(this, out _))
            return;

        await StopAsync();
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;

        _lines.Enqueue(line);
        while (_lines.Count > LinesKept)
            _lines.TryDequeue(out _);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int pid, int signal);
}
