using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Exec;
using Adit.Runner.Tests.Agent;

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

    [Fact(Timeout = 60_000)]
    [SupportedOSPlatform("linux")]
    public async Task Who_leaves_with_input_unread_ends_the_command()
    {
        await using var stage = new AgentStage();
        await using var command = await RunningCommand.StartAsync(stage, "sleep", "7771");
        for (var i = 0; i < 48; i++)
            await command.Frames.WriteAsync(ExecFrameKind.Input, new byte[64 * 1024], Ct);

        command.Leave();

        await command.Serving.WaitAsync(TimeSpan.FromSeconds(20), Ct);
    }

    [Fact(Timeout = 60_000)]
    [SupportedOSPlatform("linux")]
    public async Task Input_after_its_end_ends_the_command_and_is_said()
    {
        await using var stage = new AgentStage();
        await using var command = await RunningCommand.StartAsync(stage, "sleep", "7772");
        await command.Frames.WriteAsync(ExecFrameKind.Input, default, Ct);
        await command.Frames.WriteAsync(ExecFrameKind.Input, new byte[] { 1 }, Ct);

        var end = await command.Frames.ReadAsync(Ct);

        Assert.Equal(ExecFrameKind.End, end!.Value.Kind);
        Assert.Contains("Input came after the end of input.", JsonSerializer.Deserialize(end.Value.Payload, ExecJson.Default.ExecEnd)!.Failure!, StringComparison.Ordinal);
    }

    private static async Task<string> AnswerAsync(byte[] sent)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, Ct);
        using var server = await listener.AcceptTcpClientAsync(Ct);
        var serving = ExecService.ServeAsync(null, server.GetStream(), TimeProvider.System, Ct);
        await client.GetStream().WriteAsync(sent, Ct);
        using var frames = new ExecFrames(client.GetStream());
        var answer = await frames.ReadAsync(Ct);
        await serving;
        Assert.Equal(ExecFrameKind.End, answer!.Value.Kind);
        return JsonSerializer.Deserialize(answer.Value.Payload, ExecJson.Default.ExecEnd)!.Failure!;
    }

    // A command beside a real task, its client at the other end of a connection.
    [SupportedOSPlatform("linux")]
    private sealed class RunningCommand(TcpClient client, TcpClient server, Task serving) : IAsyncDisposable
    {
        public ExecFrames Frames { get; } = new(client.GetStream());

        public Task Serving => serving;

        public static async Task<RunningCommand> StartAsync(AgentStage stage, params string[] words)
        {
            stage.Run(stage.Spec("t", "while :; do sleep 0.05; done"));
            await stage.SeenAsync("t", TaskState.Ready);
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var client = new TcpClient();
            await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, Ct);
            var server = await listener.AcceptTcpClientAsync(Ct);
            var command = new RunningCommand(client, server, ExecService.ServeAsync(stage.Find("t")!.Execution, server.GetStream(), TimeProvider.System, Ct));
            await command.Frames.WriteAsync(ExecFrameKind.Start, new ExecStart { Command = words }, ExecJson.Default.ExecStart, Ct);
            return command;
        }

        public void Leave() => client.Client.Shutdown(SocketShutdown.Both);

        public ValueTask DisposeAsync()
        {
            client.Dispose();
            server.Dispose();
            Frames.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
