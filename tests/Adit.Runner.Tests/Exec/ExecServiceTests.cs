using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Adit.Runner.Exec;

namespace Adit.Runner.Tests.Exec;

/// <summary>What a client of <c>adit exec</c> is told by a runner that does not understand it.</summary>
public sealed class ExecServiceTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory(Timeout = 30_000)]
    [InlineData(0, "{not json", "The start is no JSON")]
    [InlineData(0, "null", "A command has 1 to 1000 words.")]
    [InlineData(0, "{\"command\":[]}", "A command has 1 to 1000 words.")]
    [InlineData(0, "{\"command\":[null]}", "A word of the command is none.")]
    [InlineData(0, "{\"command\":[\"a\\u0000b\"]}", "A word of the command is none.")]
    [InlineData(0, "{\"command\":[\"ls\"],\"terminal\":{\"columns\":-1,\"rows\":5}}", "A terminal has 1 to 10000 columns and rows.")]
    [InlineData(1, "hello", "A frame of kind 1 came first")]
    public async Task A_start_that_is_none_is_answered_with_why(int kind, string payload, string why)
    {
        var bytes = Encoding.UTF8.GetBytes(payload);
        var frame = new byte[5 + bytes.Length];
        frame[0] = (byte)kind;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), bytes.Length);
        bytes.CopyTo(frame, 5);
        Assert.Contains(why, await AnswerAsync(frame), StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_frame_that_is_too_long_is_answered_with_how_long_one_may_be() =>
        Assert.Contains("A frame of 2147483647 bytes came, and 65536 is the most.", await AnswerAsync([0, 0x7f, 0xff, 0xff, 0xff]), StringComparison.Ordinal);

    private static async Task<string> AnswerAsync(byte[] sent)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, Ct);
        using var server = await listener.AcceptTcpClientAsync(Ct);
        var serving = ExecService.ServeAsync(null, server.GetStream(), Ct);
        await client.GetStream().WriteAsync(sent, Ct);
        using var frames = new ExecFrames(client.GetStream());
        var answer = await frames.ReadAsync(Ct);
        await serving;
        Assert.Equal(ExecFrameKind.End, answer!.Value.Kind);
        return JsonSerializer.Deserialize(answer.Value.Payload, ExecJson.Default.ExecEnd)!.Failure!;
    }
}
