using System.Text.Json;
using System.Threading.Channels;
using Adit.Runner.Executors;

namespace Adit.Runner.Exec;

/// <summary>The runner's side of <c>adit exec</c>: runs the command beside the task and carries its streams. The command ends with the connection.</summary>
internal static class ExecService
{
    private const int MostWords = 1000;
    private const int MostSizes = 16;
    private const int MostCharacters = 10_000;
    private const int LongestType = 64;
    private const int MostUnread = 16 * 1024 * 1024; // Bytes of standard input.
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(1);

    /// <summary>Serves one command to its end.</summary>
    /// <param name="execution">Where; null when the task does not run.</param>
    /// <param name="stream">The connection.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task ServeAsync(IExecution? execution, Stream stream, TimeProvider time, CancellationToken cancellationToken)
    {
        using var frames = new ExecFrames(stream);
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var (start, wrong) = await StartAsync(frames, cancellationToken);
            if (start is null)
            {
                if (wrong is not null)
                    await EndAsync(frames, new ExecEnd(null, $"What was to be run was not understood: {wrong} Client and runner may be too far apart in version."), cancellationToken);
                return;
            }

            if (execution is null)
            {
                await EndAsync(frames, new ExecEnd(null, "The task does not run now."), cancellationToken);
                return;
            }

            var sizes = Channel.CreateBounded<TerminalSize>(new BoundedChannelOptions(MostSizes) { FullMode = BoundedChannelFullMode.DropOldest });
            var input = new System.IO.Pipelines.Pipe(new System.IO.Pipelines.PipeOptions(pauseWriterThreshold: MostUnread, resumeWriterThreshold: MostUnread / 2));
            var reading = ReadAsync(frames, input.Writer, sizes.Writer, time, gone);
            await using var standardInput = input.Reader.AsStream();
            await using var output = new FrameStream(frames, ExecFrameKind.Output);
            await using var error = new FrameStream(frames, ExecFrameKind.Error);
            ExecEnd end;
            try
            {
                end = await RunAsync(execution, start, new ExecStreams(standardInput, output, error), sizes.Reader, gone.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                if (await reading is not { } broken)
                    return; // The client has left.
                end = new ExecEnd(null, $"The command was ended: {broken} Client and runner may be too far apart in version.");
            }

            await EndAsync(frames, end, cancellationToken);
            await gone.CancelAsync();
            await reading;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or JsonException)
        {
            // The client is gone, and the command with it.
        }
    }

    // What is to be run; otherwise what is wrong with it, and nothing of both when the client left before it said anything.
    private static async Task<(ExecStart? Start, string? Wrong)> StartAsync(ExecFrames frames, CancellationToken cancellationToken)
    {
        try
        {
            if (await frames.ReadAsync(cancellationToken) is not var (kind, payload))
                return (null, null);
            if (kind != ExecFrameKind.Start)
                return (null, $"A frame of kind {(byte)kind} came first, and not a start.");
            var start = JsonSerializer.Deserialize(payload, ExecJson.Default.ExecStart);
            if (start is not { Command.Count: > 0 and <= MostWords })
                return (null, $"A command has 1 to {MostWords} words.");
            if (start.Command.Any(static w => w is null || w.Contains('\0')))
                return (null, "A word of the command is none.");
            return start.Terminal is { Columns: < 1 or > MostCharacters } or { Rows: < 1 or > MostCharacters }
                ? (null, $"A terminal has 1 to {MostCharacters} columns and rows.")
                : (start, null);
        }
        catch (ExecFrameException e)
        {
            return (null, e.Message);
        }
        catch (JsonException)
        {
            return (null, "The start is no JSON of the form that there is.");
        }
    }

    private static async Task<ExecEnd> RunAsync(IExecution execution, ExecStart start, ExecStreams streams, ChannelReader<TerminalSize> sizes, CancellationToken cancellationToken)
    {
        try
        {
            return new ExecEnd(await execution.ExecAsync(
                new ExecRequest
                {
                    Command = start.Command,
                    Environment = start.Terminal is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["TERM"] = TypeOf(start.TerminalType) },
                    Terminal = start.Terminal is { } size ? new TerminalSize(size.Columns, size.Rows) : null,
                    Sizes = start.Terminal is null ? null : sizes.ReadAllAsync(cancellationToken),
                },
                streams,
                cancellationToken));
        }
        catch (ExecutorException e)
        {
            return new ExecEnd(null, e.Message);
        }
    }

    // What programs look up; the name is the client's, and goes into a file's name there.
    private static string TypeOf(string? type) =>
        type is { Length: > 0 and <= LongestType } && type[0] != '.' && type.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '+' or '.' or '_') ? type : "xterm";

    // Until the client ends its side or is gone, which ends the command; so does what is no frame, and is said then.
    private static async Task<string?> ReadAsync(ExecFrames frames, System.IO.Pipelines.PipeWriter input, ChannelWriter<TerminalSize> sizes, TimeProvider time, CancellationTokenSource gone)
    {
        string? wrong = null;
        var hasEnded = false;
        try
        {
            while (await frames.ReadAsync(gone.Token) is var (kind, payload))
            {
                if (kind == ExecFrameKind.Input && hasEnded)
                {
                    wrong = "Input came after the end of input.";
                    break;
                }

                if (kind == ExecFrameKind.Input && payload.Length == 0)
                {
                    hasEnded = true;
                    await input.CompleteAsync();
                }
                else if (kind == ExecFrameKind.Input)
                {
                    await FeedAsync(frames, input, payload, time, gone.Token);
                }
                else if (kind == ExecFrameKind.Size && JsonSerializer.Deserialize(payload, ExecJson.Default.ExecSize) is { } size)
                    sizes.TryWrite(new TerminalSize(size.Columns, size.Rows));
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or JsonException or InvalidOperationException)
        {
            wrong = e is ExecFrameException ? e.Message : e is JsonException ? "A size came that is none." : null;
        }

        await input.CompleteAsync();
        sizes.TryComplete();
        await gone.CancelAsync();
        return wrong;
    }

    // Behind input that waits for a command which does not read, its client's leaving does not come through. But an output goes the other way, also an
    // empty one, and where it finds nobody the way back breaks.
    private static async Task FeedAsync(ExecFrames frames, System.IO.Pipelines.PipeWriter input, byte[] payload, TimeProvider time, CancellationToken cancellationToken)
    {
        var feeding = input.WriteAsync(payload, cancellationToken).AsTask();
        while (!feeding.IsCompleted && await Task.WhenAny(feeding, Task.Delay(AskEvery, time, cancellationToken)) != feeding)
            await frames.WriteAsync(ExecFrameKind.Output, default, cancellationToken);
        await feeding;
    }

    private static Task EndAsync(ExecFrames frames, ExecEnd end, CancellationToken cancellationToken) =>
        frames.WriteAsync(ExecFrameKind.End, end, ExecJson.Default.ExecEnd, cancellationToken);

    // What is written becomes frames.
    private sealed class FrameStream(ExecFrames frames, ExecFrameKind kind) : Stream
    {
        private const int MostAtOnce = 32 * 1024;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            for (; buffer.Length > 0; buffer = buffer[Math.Min(MostAtOnce, buffer.Length)..])
                await frames.WriteAsync(kind, buffer[..Math.Min(MostAtOnce, buffer.Length)], cancellationToken);
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Write(byte[] buffer, int offset, int count) => WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

        public override void Flush()
        {
            // Each write is a frame, and each frame is sent.
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
