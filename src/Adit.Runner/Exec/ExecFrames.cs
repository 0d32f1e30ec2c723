using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Adit.Runner.Exec;

/// <summary>What a frame of <c>adit exec</c> is (docs/reference/runner.md, "Exec").</summary>
public enum ExecFrameKind : byte
{
    /// <summary>From the client, first: an <see cref="ExecStart"/>.</summary>
    Start = 0,

    /// <summary>From the client: bytes for standard input; empty for its end.</summary>
    Input = 1,

    /// <summary>From the client: an <see cref="ExecSize"/>.</summary>
    Size = 2,

    /// <summary>From the runner: bytes of standard output.</summary>
    Output = 3,

    /// <summary>From the runner: bytes of standard error.</summary>
    Error = 4,

    /// <summary>From the runner, last: an <see cref="ExecEnd"/>.</summary>
    End = 5,
}

/// <summary>What to run.</summary>
public sealed record ExecStart
{
    /// <summary>The command and its arguments.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>The terminal it gets; null for none.</summary>
    public ExecSize? Terminal { get; init; }

    /// <summary>What kind of terminal the user sits at, as TERM says it; null for one that nobody knows.</summary>
    public string? TerminalType { get; init; }
}

/// <summary>The size of a terminal in characters.</summary>
/// <param name="Columns">Its width.</param>
/// <param name="Rows">Its height.</param>
public sealed record ExecSize(int Columns, int Rows);

/// <summary>How it ended.</summary>
/// <param name="ExitCode">Its exit code; null when it could not be started.</param>
/// <param name="Failure">Why not, for people.</param>
public sealed record ExecEnd(int? ExitCode, string? Failure = null);

/// <summary>What came is no frame.</summary>
public sealed class ExecFrameException(string message) : IOException(message);

/// <summary>
/// Frames on a stream of bytes: kind (1 byte), length (4 bytes, big-endian, at most 64 KiB), payload. One writer at a time is seen to; one reader.
/// </summary>
public sealed class ExecFrames(Stream stream) : IDisposable
{
    private const int MostBytes = 64 * 1024;

    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Writes one.</summary>
    /// <exception cref="IOException">The other side is gone.</exception>
    public async Task WriteAsync(ExecFrameKind kind, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        var frame = new byte[5 + payload.Length];
        frame[0] = (byte)kind;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), payload.Length);
        payload.CopyTo(frame.AsMemory(5));
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await stream.WriteAsync(frame, cancellationToken);
            await stream.FlushAsync(cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Writes one whose payload is JSON.</summary>
    /// <exception cref="IOException">The other side is gone.</exception>
    public Task WriteAsync<T>(ExecFrameKind kind, T payload, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> json, CancellationToken cancellationToken) =>
        WriteAsync(kind, JsonSerializer.SerializeToUtf8Bytes(payload, json), cancellationToken);

    /// <summary>Reads one; null at the end of the stream.</summary>
    /// <exception cref="IOException">It broke, or is no frame.</exception>
    public async Task<(ExecFrameKind Kind, byte[] Payload)?> ReadAsync(CancellationToken cancellationToken)
    {
        var head = new byte[5];
        if (await stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken) < head.Length)
            return null;
        var length = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(1));
        if (length is < 0 or > MostBytes)
            throw new ExecFrameException($"A frame of {length} bytes came, and {MostBytes} is the most.");
        var payload = new byte[length];
        await stream.ReadExactlyAsync(payload, cancellationToken);
        return ((ExecFrameKind)head[0], payload);
    }

    /// <inheritdoc />
    public void Dispose() => _turn.Dispose();
}

/// <summary>JSON of the frames.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ExecStart))]
[JsonSerializable(typeof(ExecSize))]
[JsonSerializable(typeof(ExecEnd))]
public sealed partial class ExecJson : JsonSerializerContext;
