using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Adit.Testing;

/// <summary>Signals a test sends to a process (POSIX numbers on Linux).</summary>
public enum Signal
{
    /// <summary>What Ctrl-C sends.</summary>
    Interrupt = 2,

    /// <summary>The end without notice.</summary>
    Kill = 9,

    /// <summary>The polite end.</summary>
    Terminate = 15,

    /// <summary>Go on after <see cref="Stop"/>.</summary>
    Continue = 18,

    /// <summary>Freeze.</summary>
    Stop = 19,
}

/// <summary>
/// A program started by a test: its output is captured line by line, and it is killed with all its children on dispose, whatever the test did.
/// </summary>
public sealed partial class ChildProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly Task _pumps;
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChildProcess(Process process, string name)
    {
        _process = process;
        Name = name;
        _pumps = Task.WhenAll(PumpAsync(process.StandardOutput), PumpAsync(process.StandardError));
    }

    /// <summary>What failure messages call it.</summary>
    public string Name { get; }

    /// <summary>The process id.</summary>
    public int Id => _process.Id;

    /// <summary>Its standard input.</summary>
    public StreamWriter Input => _process.StandardInput;

    /// <summary>True when it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Its exit code, once it has ended.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>CPU time used so far, user and system.</summary>
    public TimeSpan CpuTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Resident memory in bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Everything it wrote to standard output and standard error so far.</summary>
    public string Output
    {
        get
        {
            lock (_lock)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    /// <summary>Starts a program with these arguments (no shell) and these changes to the environment; a null value removes a variable.</summary>
    public static ChildProcess Start(
        string program,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        string? workingDirectory = null)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingDirectory ?? Path.GetTempPath(),
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        return new ChildProcess(process, Path.GetFileName(program));
    }

    /// <summary>Runs a program to its end and returns all it wrote; throws when it does not end in time or ends with another code.</summary>
    public static async Task<string> RunAsync(
        string program,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        int expectedExitCode = 0,
        TimeSpan? within = null)
    {
        await using var process = Start(program, arguments, environment);
        process.Input.Close();
        var code = await process.WaitForExitAsync(within);
        return code == expectedExitCode
            ? process.Output
            : throw new InvalidOperationException($"{process.Name} ended with {code} instead of {expectedExitCode}. It wrote:\n{process.Output}");
    }

    /// <summary>
    /// The first line, written already or still to come, that matches; with group 1 of the match when the pattern has one.
    /// Throws with all output when the program ends or the time is over before.
    /// </summary>
    public async Task<string> WaitForLineAsync([StringSyntax(StringSyntaxAttribute.Regex)] string pattern, TimeSpan? within = null)
    {
        var regex = new Regex(pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        using var deadline = new CancellationTokenSource(within ?? Eventually.Patience);
        for (var seen = 0; ; seen++)
        {
            var line = await LineAsync(seen, deadline.Token)
                ?? throw new InvalidOperationException(
                    $"{Name} {(_process.HasExited ? $"ended with {_process.ExitCode}" : "did not write")} before a line matched /{pattern}/. It wrote:\n{Output}");
            if (regex.Match(line) is { Success: true } match)
            {
                return match.Groups.Count > 1 ? match.Groups[1].Value : line;
            }
        }
    }

    /// <summary>Waits for the end and returns the exit code; all output is captured by then.</summary>
    public async Task<int> WaitForExitAsync(TimeSpan? within = null)
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(within ?? Eventually.Patience);
            await _pumps.WaitAsync(TimeSpan.FromSeconds(5));
        }
        catch (TimeoutException)
        {
            // A grandchild that keeps the pipes open does not make the exit any less of one.
            if (!_process.HasExited)
            {
                throw new TimeoutException($"{Name} still ran after {within ?? Eventually.Patience}. It wrote:\n{Output}");
            }
        }

        return _process.ExitCode;
    }

    /// <summary>Sends a signal to this process alone.</summary>
    public void Send(Signal signal)
    {
        if (SendSignal(_process.Id, (int)signal) != 0 && !_process.HasExited)
        {
            throw new InvalidOperationException($"{Name} (process {_process.Id}) could not be sent {signal}: errno {Marshal.GetLastPInvokeError()}.");
        }
    }

    /// <summary>Asks it to end, as a service manager would, and returns its exit code.</summary>
    public Task<int> StopAsync(TimeSpan? within = null)
    {
        if (!_process.HasExited)
        {
            Send(Signal.Terminate);
        }

        return WaitForExitAsync(within);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10));
        }
        catch (Exception e) when (e is InvalidOperationException or TimeoutException or AggregateException)
        {
            // It had ended, or the kernel has not let go of it yet: neither is the test's business.
        }

        _process.Dispose();
    }

    private async Task<string?> LineAsync(int index, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task more;
            lock (_lock)
            {
                if (index < _lines.Count)
                {
                    return _lines[index];
                }

                more = _more.Task;
            }

            if (_pumps.IsCompleted)
            {
                lock (_lock)
                {
                    return index < _lines.Count ? _lines[index] : null;
                }
            }

            try
            {
                await Task.WhenAny(more, _pumps).WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return null;
            }
        }
    }

    private async Task PumpAsync(StreamReader reader)
    {
        // Lines are decoded here rather than with BeginOutputReadLine, whose last events may come after the exit was seen.
        while (await ReadLineAsync(reader) is { } line)
        {
            TaskCompletionSource more;
            lock (_lock)
            {
                _lines.Add(line);
                more = _more;
                _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            more.TrySetResult();
        }
    }

    private static async Task<string?> ReadLineAsync(StreamReader reader)
    {
        try
        {
            return await reader.ReadLineAsync();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException or DecoderFallbackException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);
}
