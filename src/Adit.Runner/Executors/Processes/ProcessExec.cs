using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.Versioning;

namespace Adit.Runner.Executors;

/// <summary>A further command in the surroundings and groups of a task that runs as processes.</summary>
[SupportedOSPlatform("linux")]
internal static class ProcessExec
{
    private const string Shell = "/bin/sh";
    private const string RunPrefix = "exec.";
    private const string ClaimSuffix = ".pid";
    private static readonly TimeSpan KillEvery = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    /// <summary>Runs it.</summary>
    /// <param name="directory">Where its surroundings are written for a moment.</param>
    /// <param name="surroundings">The task's.</param>
    /// <param name="script">The process of the task's script, which has its secrets.</param>
    /// <param name="group">The task's.</param>
    /// <param name="request">The command.</param>
    /// <param name="streams">What it reads and writes.</param>
    /// <param name="taskEnded">Ends it too.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<int> RunAsync(
        string directory, TaskSurroundings surroundings, int script, ITaskGroup group, ExecRequest request, ExecStreams streams, Task taskEnded,
        TimeProvider time, CancellationToken cancellationToken)
    {
        var command = surroundings.Command(request.Command);
        var run = Path.Combine(directory, RunPrefix + Path.GetRandomFileName());
        var claim = run + ClaimSuffix;
        using var terminal = request.Terminal is { } size ? PseudoTerminal.Open(size) : null;
        Process process;
        try
        {
            TaskPlace.WriteFile(run, surroundings.ScriptWith(request.Environment));
            process = Start([run, claim, .. surroundings.Identity, .. ProcessExecutor.Joins(group), .. command], surroundings.SecretsOf(script), terminal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or Win32Exception)
        {
            File.Delete(run);
            throw HomeFiles.Trouble(run, e);
        }

        using (process)
        using (var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
        {
            var started = ProcessStat.Read(process.Id)?.Started; // Null when it has ended already.
            var ended = process.WaitForExitAsync(CancellationToken.None);
            var output = terminal is null
                ? Task.WhenAll(
                    CopyAsync(process.StandardOutput.BaseStream, streams.Out, stop.Token), CopyAsync(process.StandardError.BaseStream, streams.Error, stop.Token))
                : CopyAsync(terminal.Output, streams.Out, stop.Token);
            var input = terminal is null ? FeedAsync(streams.In, process, stop.Token) : FeedAsync(streams.In, terminal, stop.Token);
            var sizes = terminal is null || request.Sizes is null ? Task.CompletedTask : ResizeAsync(terminal, request.Sizes, stop.Token);
            var cancelled = Task.Delay(Timeout.InfiniteTimeSpan, time, stop.Token);
            await Task.WhenAny(ended, taskEnded, cancelled);
            var began = time.GetTimestamp();
            while (!ended.IsCompleted && time.GetElapsedTime(began) < KillPatience)
            {
                // It leads a session of its own, or is about to. What is frozen by a freezer of version 1 dies as soon as it goes on.
                if (started is { } since)
                    ProcessSession.Kill(process.Id, since);
                await Task.WhenAny(ended, Task.Delay(KillEvery, time, CancellationToken.None));
            }

            await Task.WhenAny(output, Task.Delay(LastWords, time, CancellationToken.None)); // A child of it may hold the other end for ever.
            await stop.CancelAsync();
            await Task.WhenAll(output, input, sizes).WaitAsync(LastWords, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ended.IsCompleted)
                File.Delete(claim);
            cancellationToken.ThrowIfCancellationRequested();
            return ended.IsCompleted ? process.ExitCode : throw new ExecutorException("The command was killed and does not end: it waits for a device that does not answer.");
        }
    }

    /// <summary>Ends what a runner that was killed left running beside a task: their clients are gone with it.</summary>
    /// <param name="directory">That of their files.</param>
    public static void EndLeft(string directory)
    {
        // What has not said yet who it is finds nothing to run.
        foreach (var run in Directory.GetFiles(directory, RunPrefix + "*").Where(static f => !f.EndsWith(ClaimSuffix, StringComparison.Ordinal)))
            File.Delete(run);
        foreach (var claim in Directory.GetFiles(directory, RunPrefix + "*" + ClaimSuffix))
        {
            if (ProcessIdentity.Parse(TaskPlace.ReadFile(claim)) is { } left && left.Boot == ProcessIdentity.CurrentBoot())
                ProcessSession.Kill(left.Id, left.Started); // What it left in its session too, when it has ended itself.
            File.Delete(claim);
        }
    }

    private static Process Start(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> secrets, PseudoTerminal? terminal) => SessionLauncher.Start(
    [
        Shell, "-c",
        // The shell opens the terminal's end; as the leader of a session that has none it makes it the session's own.
        .. terminal is null
            ? (string[])[TaskScript.Exec, "adit-exec"]
            : ["tty=$1; shift; exec <>\"$tty\" >&0 2>&0; exec " + Shell + " -c \"$0\" adit-exec \"$@\"", TaskScript.Exec, terminal.Name],
        .. arguments,
    ], secrets);

    private static async Task CopyAsync(Stream from, Stream to, CancellationToken cancellationToken)
    {
        try
        {
            await from.CopyToAsync(to, cancellationToken);
            await to.FlushAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // One of the two ends is gone: the command's when it has ended, the user's when it does not listen any more.
        }
    }

    private static async Task FeedAsync(Stream? from, Process process, CancellationToken cancellationToken)
    {
        if (from is not null)
            await CopyAsync(from, process.StandardInput.BaseStream, cancellationToken);
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended.
        }
    }

    private static async Task FeedAsync(Stream? from, PseudoTerminal terminal, CancellationToken cancellationToken)
    {
        if (from is not null)
            await CopyAsync(from, terminal.Input, cancellationToken);
        if (!cancellationToken.IsCancellationRequested)
            terminal.SendEnd();
    }

    private static async Task ResizeAsync(PseudoTerminal terminal, IAsyncEnumerable<TerminalSize> sizes, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var size in sizes.WithCancellation(cancellationToken))
                terminal.Resize(size);
        }
        catch (OperationCanceledException)
        {
            // The command has ended.
        }
    }
}
