using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Adit.Api;

namespace Adit.Runner.Executors;

/// <summary>A further command in a task's container.</summary>
internal static class DockerExec
{
    private static readonly byte[] EndOfInput = [4]; // Ctrl-D
    private const int Chunk = 32 * 1024;
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    /// <summary>Runs it.</summary>
    public static async Task<int> RunAsync(
        DockerEngine engine, string container, ContainerRecord record, TaskSpec spec, ExecRequest request, ExecStreams streams, Task taskEnded,
        TimeProvider time, CancellationToken cancellationToken)
    {
        var fill = ContainerSpec.Placeholders(spec);
        var isTerminal = request.Terminal is not null;
        try
        {
            var made = await engine.AskAsync(HttpMethod.Post, $"/containers/{container}/exec", new JsonObject
            {
                ["AttachStdin"] = streams.In is not null,
                ["AttachStdout"] = true,
                ["AttachStderr"] = true,
                ["Tty"] = isTerminal,
                ["Cmd"] = new JsonArray([.. fill.Fill(request.Command, "the command").Select(static w => (JsonNode)JsonValue.Create(w))]),
                ["Env"] = new JsonArray([.. ContainerSpec.Variables(request.Environment, fill).Select(static w => (JsonNode)JsonValue.Create(w))]),
            }, cancellationToken);
            var id = made!.Value.GetProperty("Id").GetString()!;
            record.StartExec(id);
            try
            {
                using var socket = await engine.HijackAsync($"/exec/{id}/start", new JsonObject { ["Detach"] = false, ["Tty"] = isTerminal }, cancellationToken);
                await CarryAsync(engine, id, socket, request, streams, taskEnded, time, cancellationToken);
                if (cancellationToken.IsCancellationRequested)
                {
                    await EndAsync(engine, container, id, time);
                    cancellationToken.ThrowIfCancellationRequested();
                }

                return await CodeAsync(engine, id, time);
            }
            finally
            {
                record.FinishExec(id);
            }
        }
        catch (DockerException e)
        {
            throw e.For($"'{string.Join(' ', request.Command)}' cannot be run");
        }
    }

    /// <summary>Ends what a runner that was killed left running beside a task: their clients are gone with it.</summary>
    public static async Task EndLeftAsync(DockerEngine engine, string container, ContainerRecord record, TimeProvider time)
    {
        foreach (var id in record.Execs)
        {
            try
            {
                await EndAsync(engine, container, id, time);
            }
            catch (DockerException e) when (e.Status == HttpStatusCode.NotFound)
            {
                // It has ended, and the engine knows it no more.
            }

            record.FinishExec(id);
        }
    }

    /// <summary>What 126 or 127 means: the engine's first process says it in the container's log when it could not run the command.</summary>
    public static async Task<string?> ExplainAsync(DockerEngine engine, string container, TaskSpec spec, CancellationToken cancellationToken)
    {
        using var response = await engine.OpenAsync(HttpMethod.Get, $"/containers/{container}/logs?stderr=true&tail=1", null, cancellationToken);
        var text = Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(cancellationToken));
        var command = ContainerSpec.Placeholders(spec).Fill(spec.Command[0], "the command");
        if (!text.Contains($"exec {command} failed: ", StringComparison.Ordinal))
            return null;
        return text.Contains("No such file", StringComparison.Ordinal)
            ? $"The command '{command}' was not found in the image '{spec.Image?.Reference}'."
            : $"The command '{command}' is not executable in the image '{spec.Image?.Reference}': permission denied.";
    }

    private static async Task CarryAsync(
        DockerEngine engine, string id, Socket socket, ExecRequest request, ExecStreams streams, Task taskEnded, TimeProvider time, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var stream = new NetworkStream(socket);
        var output = request.Terminal is null ? SplitAsync(stream, streams, stop.Token) : CopyAsync(stream, streams.Out, stop.Token);
        var input = FeedAsync(streams.In, socket, stream, request.Terminal is not null, stop.Token);
        var sizes = ResizeAsync(engine, id, request, time, stop.Token);
        await Task.WhenAny(output, EndedAsync(taskEnded, time, stop.Token));
        await stop.CancelAsync();
        await Task.WhenAll(output, input, sizes).WaitAsync(LastWords, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task EndedAsync(Task taskEnded, TimeProvider time, CancellationToken cancellationToken)
    {
        await Task.WhenAny(taskEnded, Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken));
        if (!cancellationToken.IsCancellationRequested)
            await Task.Delay(LastWords, time, cancellationToken); // What it wrote last is on its way.
    }

    // Frames as of a log: stream, three zeros, length (u32, big-endian), bytes.
    private static async Task SplitAsync(Stream from, ExecStreams to, CancellationToken cancellationToken)
    {
        var head = new byte[8];
        var buffer = new byte[Chunk];
        try
        {
            while (await from.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken) == head.Length)
            {
                var target = head[0] == 2 ? to.Error : to.Out;
                for (var left = BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(4)); left > 0;)
                {
                    var read = await from.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, Chunk)), cancellationToken);
                    if (read == 0)
                        return;
                    await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                    left -= (uint)read;
                }

                await target.FlushAsync(cancellationToken);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // One of the two ends is gone.
        }
    }

    private static async Task CopyAsync(Stream from, Stream to, CancellationToken cancellationToken)
    {
        try
        {
            await from.CopyToAsync(to, cancellationToken);
            await to.FlushAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // One of the two ends is gone.
        }
    }

    private static async Task FeedAsync(Stream? from, Socket socket, Stream to, bool isTerminal, CancellationToken cancellationToken)
    {
        if (from is null)
            return;
        await CopyAsync(from, to, cancellationToken);
        try
        {
            // With a terminal the engine would take our end for the end of all, and say nothing more.
            if (isTerminal)
                await to.WriteAsync(EndOfInput, cancellationToken);
            else
                socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException or OperationCanceledException)
        {
            // It has ended.
        }
    }

    private static async Task ResizeAsync(DockerEngine engine, string id, ExecRequest request, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            if (request.Terminal is { } first)
                await FirstSizeAsync(engine, id, first, time, cancellationToken);
            if (request.Sizes is null)
                return;
            await foreach (var size in request.Sizes.WithCancellation(cancellationToken))
                await ResizeAsync(engine, id, size, cancellationToken);
        }
        catch (Exception e) when (e is OperationCanceledException or DockerException)
        {
            // It has ended.
        }
    }

    // The engine takes no size before the command runs, which is a moment after it says so. From 1.42 on it takes one with the command.
    private static async Task FirstSizeAsync(DockerEngine engine, string id, TerminalSize size, TimeProvider time, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (time.GetElapsedTime(began) < LastWords)
        {
            try
            {
                await ResizeAsync(engine, id, size, cancellationToken);
                return;
            }
            catch (DockerException)
            {
                await Task.Delay(Again, time, cancellationToken);
            }
        }
    }

    private static Task<JsonElement?> ResizeAsync(DockerEngine engine, string id, TerminalSize size, CancellationToken cancellationToken) => engine.AskAsync(
        HttpMethod.Post, string.Create(CultureInfo.InvariantCulture, $"/exec/{id}/resize?h={Math.Clamp(size.Rows, 1, 1000)}&w={Math.Clamp(size.Columns, 1, 1000)}"), null, cancellationToken);

    // The engine closes the connection a moment before it knows the code.
    private static async Task<int> CodeAsync(DockerEngine engine, string id, TimeProvider time)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            var answer = (await engine.AskAsync(HttpMethod.Get, $"/exec/{id}/json", null, CancellationToken.None))!.Value;
            if (answer.TryGetProperty("ExitCode", out var code) && code.ValueKind == JsonValueKind.Number)
                return code.GetInt32();
            if (time.GetElapsedTime(began) > LastWords)
                return 137; // It went with its container.
            await Task.Delay(Again, time);
        }
    }

    // The engine has no call for it. From the outside it is a process like any other, when the engine's processes are to be seen from here.
    private static async Task EndAsync(DockerEngine engine, string container, string id, TimeProvider time)
    {
        var began = time.GetTimestamp();
        while (OperatingSystem.IsLinux() && time.GetElapsedTime(began) < LastWords)
        {
            var exec = (await engine.AskAsync(HttpMethod.Get, $"/exec/{id}/json", null, CancellationToken.None))!.Value;
            if (exec.TryGetProperty("ExitCode", out var code) && code.ValueKind == JsonValueKind.Number)
                return;
            var process = exec.GetProperty("Pid").GetInt32();
            if (ProcessStat.Read(process) is { } stat && IsOf(container, process))
                ProcessSession.Kill(process, stat.Started); // The engine gives each command a session of its own.
            await Task.Delay(Again, time); // The engine may know neither number nor end yet.
        }
    }

    // Whether a number is a process of that container, and not somebody's who has the number on this side.
    private static bool IsOf(string container, int process)
    {
        try
        {
            return process > 1 && File.ReadAllText($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/cgroup").Contains(container, StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // Not to be seen: it ends when it notices that nobody listens, or with its task.
        }
    }
}
