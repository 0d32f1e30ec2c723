using System.CommandLine;
using System.Net.WebSockets;
using System.Text.Json;
using Adit.Runner.Exec;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit exec</c>: a command beside a running task.</summary>
internal static class ExecCommand
{
    private const string SubProtocol = "adit-exec";

    public static Command Create()
    {
        var access = new HubAccessOptions();
        var task = new Argument<string>("TASK") { Description = "Its name, or its id." };
        var words = new Argument<string[]>("COMMAND") { Description = "After '--': the command and its arguments.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("exec", "Run a command where a task runs: its user, its limits, its environment, its directory. Ends with that command's exit code.") { task, words };
        access.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(task)!, parsed.GetValue(words)!, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string task, string[] words, CancellationToken cancellationToken)
    {
        using (var api = new HubApi(hub.CreateHttpClient(), hub.Url))
            await api.GetTaskAsync(task, cancellationToken); // A WebSocket that is refused does not say why.
        using var socket = await OpenAsync(hub, task, cancellationToken);
        await using var stream = WebSocketStream.Create(socket, WebSocketMessageType.Binary, ownsWebSocket: false);
        using var frames = new ExecFrames(stream);
        await frames.WriteAsync(ExecFrameKind.Start, new ExecStart { Command = words }, ExecJson.Default.ExecStart, cancellationToken);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _ = SendInputAsync(frames, over.Token);
        try
        {
            return await ShowAsync(frames, cancellationToken);
        }
        finally
        {
            await over.CancelAsync();
        }
    }

    private static async Task<WebSocket> OpenAsync(HubAccess hub, string task, CancellationToken cancellationToken)
    {
        var http = hub.CreateHttpClient();
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(SubProtocol);
        var url = new UriBuilder(new Uri(hub.Url, $"/api/v1/tasks/{Uri.EscapeDataString(task)}/exec")) { Scheme = hub.Url.Scheme == "https" ? "wss" : "ws" }.Uri;
        try
        {
            await socket.ConnectAsync(url, http, cancellationToken);
            return socket;
        }
        catch (WebSocketException e)
        {
            socket.Dispose();
            http.Dispose();
            throw new CommandException(ExitCode.Failed, $"The hub runs no command there now ({e.Message.TrimEnd('.')}): see 'adit ps', and whether its runner is there with 'adit runner ls'.");
        }
    }

    private static async Task SendInputAsync(ExecFrames frames, CancellationToken cancellationToken)
    {
        try
        {
            await using var input = Console.OpenStandardInput();
            var buffer = new byte[16 * 1024];
            int read;
            while ((read = await input.ReadAsync(buffer, cancellationToken)) > 0)
                await frames.WriteAsync(ExecFrameKind.Input, buffer.AsMemory(0, read), cancellationToken);
            await frames.WriteAsync(ExecFrameKind.Input, ReadOnlyMemory<byte>.Empty, cancellationToken);
        }
        catch (Exception e) when (e is IOException or WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // It is over.
        }
    }

    private static async Task<int> ShowAsync(ExecFrames frames, CancellationToken cancellationToken)
    {
        await using var output = Console.OpenStandardOutput();
        await using var error = Console.OpenStandardError();
        try
        {
            while (await frames.ReadAsync(cancellationToken) is var (kind, payload))
            {
                if (kind is ExecFrameKind.Output or ExecFrameKind.Error)
                {
                    await (kind == ExecFrameKind.Output ? output : error).WriteAsync(payload, cancellationToken);
                }
                else if (kind == ExecFrameKind.End && JsonSerializer.Deserialize(payload, ExecJson.Default.ExecEnd) is { } end)
                {
                    return end.ExitCode ?? throw new CommandException(ExitCode.Failed, RequestLine.Safe(end.Failure ?? "The command could not be run."));
                }
            }
        }
        catch (Exception e) when (e is IOException or WebSocketException)
        {
            // As if it had just ended.
        }

        throw new CommandException(ExitCode.Unreachable, "The connection was lost before the command had ended; it has ended with it.");
    }
}
