using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Adit.Runner.Programs;

/// <summary>
/// A program that a tunnel starts, exposes and ends: a command line in which <c>{port}</c> is the port it shall listen on (also in the
/// environment variable PORT). It runs with all its children in a group of its own.
/// </summary>
public sealed class LocalProgram : IAsyncDisposable
{
    private static readonly TimeSpan Probe = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    private readonly Process _process;
    private readonly IProcessGroup _group;
    private readonly TimeProvider _time;
    private readonly Task _output;
    private bool _ended;

    private LocalProgram(Process process, IProcessGroup group, int port, TimeProvider time, Task output)
    {
        _process = process;
        _group = group;
        _time = time;
        _output = output;
        Port = port;
        Ended = WaitAsync();
    }

    /// <summary>The port it was given.</summary>
    public int Port { get; }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Completes with its exit code when it has ended, by itself or because it was asked to.</summary>
    public Task<int> Ended { get; }

    /// <summary>Starts it.</summary>
    /// <param name="command">The command line, for the system's shell.</param>
    /// <param name="port">The port it shall listen on; 0 picks a free one.</param>
    /// <param name="onLine">Gets each line it writes to standard output and error; null lets it write to ours.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ProgramException">It could not be started.</exception>
    public static LocalProgram Start(string command, int port, Action<string>? onLine, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(command);
        var listen = port > 0 ? port : FreePort();
        var number = listen.ToString(CultureInfo.InvariantCulture);
        var group = ProcessGroup.ForThisSystem();
        var start = group.Prepare(command.Replace("{port}", number, StringComparison.Ordinal));
        start.UseShellExecute = false;
        start.RedirectStandardOutput = start.RedirectStandardError = onLine is not null;
        start.Environment["PORT"] = number;
        // Ours: another .NET program would run its continuations where it does not expect them.
        start.Environment.Remove("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS");
        // The hub's token is not the program's business.
        start.Environment.Remove("ADIT_TOKEN");
        try
        {
            var process = Process.Start(start) ?? throw new ProgramException($"'{command}' did not start.");
            var output = onLine is null
                ? Task.CompletedTask
                : Task.WhenAll(PumpAsync(process.StandardOutput, onLine), PumpAsync(process.StandardError, onLine));
            return new LocalProgram(process, group, listen, time, output);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new ProgramException($"'{command}' could not be started: {e.Message}.");
        }
    }

    /// <summary>Returns when something accepts connections on the port.</summary>
    /// <exception cref="ProgramException">It ended before, or did not listen in time.</exception>
    public async Task WaitUntilListeningAsync(TimeSpan within, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        while (!await ListensAsync(cancellationToken))
        {
            if (Ended.IsCompleted)
                throw new ProgramException(
                    $"The program ended with {await Ended} before it listened on port {Port}.") { ExitCode = await Ended };
            if (_time.GetElapsedTime(started) > within)
                throw new ProgramException(
                    $"The program does not listen on port {Port} after {within.TotalSeconds:0} s; does its command line use {{port}}?");
            await Task.WhenAny(Ended, Task.Delay(Probe, _time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Asks the group to end, and ends it by force after a while. Returns when the program is gone.</summary>
    public async Task EndAsync(TimeSpan? patience = null)
    {
        if (_ended)
            return;
        _ended = true;
        if (!Ended.IsCompleted)
            _group.Terminate(_process);
        try
        {
            await Ended.WaitAsync(patience ?? Patience, _time);
        }
        catch (TimeoutException)
        {
            // It had its chance.
        }

        // What it left behind goes too, also when it ended by itself.
        _group.Kill(_process);
        await Ended;
        await Task.WhenAny(_output, Task.Delay(LastWords, _time));
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _process.Dispose();
    }

    private async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    private async Task<bool> ListensAsync(CancellationToken cancellationToken) =>
        await AcceptsAsync(IPAddress.Loopback, cancellationToken) || await AcceptsAsync(IPAddress.IPv6Loopback, cancellationToken);

    private async Task<bool> AcceptsAsync(IPAddress address, CancellationToken cancellationToken)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp); // Fails itself where there is no IPv6.
            await socket.ConnectAsync(new IPEndPoint(address, Port), cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    // The system picks one that is free now; the program takes it a moment later.
    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static async Task PumpAsync(StreamReader reader, Action<string> onLine)
    {
        try
        {
            while (await reader.ReadLineAsync() is { } line)
                onLine(line);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The pipe went with the process.
        }
    }
}
