using System.CommandLine;
using System.Net.WebSockets;
using System.Runtime.Versioning;
using System.Text.Json;
using System.Threading.Channels;
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
        var tty = new Option<bool?>("--tty", "-t") { Description = "Give the command a terminal, as a shell or an editor wants it, with a window of the size of yours. That is so by itself where you sit at one; '--tty false' says no." };
        var command = new Command("exec", "Run a command where a task runs: its user, its limits, its environment, its directory. Ends with that command's exit code.") { task, words, tty };
        access.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(task)!, parsed.GetValue(words)!, parsed.GetValue(tty), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string task, string[] words, bool? tty, CancellationToken cancellationToken)
    {
        if (tty == true && !HasTerminals)
            throw new CommandException(ExitCode.Failed, "A terminal can be passed through on Linux and macOS only; leave out --tty.");
        using var http = hub.CreateHttpClient();
        using (var api = new HubApi(hub.CreateHttpClient(), hub.Url))
            await api.GetTaskAsync(task, cancellationToken); // A WebSocket that is refused does not say why.
        using var socket = await OpenAsync(hub, http, task, cancellationToken);
        await using var stream = WebSocketStream.Create(socket, WebSocketMessageType.Binary, ownsWebSocket: false);
        using var frames = new ExecFrames(stream);
        if (HasTerminals && (tty ?? RawTerminal.IsThere))
            return await RunInTerminalAsync(frames, words, cancellationToken);
        await frames.WriteAsync(ExecFrameKind.Start, new ExecStart { Command = words }, ExecJson.Default.ExecStart, cancellationToken);
        return await CarryAsync(frames, Console.OpenStandardInput(), cancellationToken);
    }

    [SupportedOSPlatformGuard("linux")]
    [SupportedOSPlatformGuard("macos")]
    private static bool HasTerminals => OperatingSystem.IsLinux() || OperatingSystem.IsMacOS();

    [SupportedOSPlatform("linux")]
    [SupportedOSPlatform("macos")]
    private static async Task<int> RunInTerminalAsync(ExecFrames frames, string[] words, CancellationToken cancellationToken)
    {
        var start = new ExecStart { Command = words, Terminal = RawTerminal.Size, TerminalType = Environment.GetEnvironmentVariable("TERM") };
        await frames.WriteAsync(ExecFrameKind.Start, start, ExecJson.Default.ExecStart, cancellationToken);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var terminal = RawTerminal.Open(); // None where input comes from elsewhere: the command has one nevertheless.
        if (terminal is not null)
            _ = SendSizesAsync(frames, terminal.Sizes, over.Token);
        try
        {
            return await CarryAsync(frames, RawTerminal.OpenInput(), cancellationToken);
        }
        finally
        {
            await over.CancelAsync();
        }
    }

    private static async Task SendSizesAsync(ExecFrames frames, ChannelReader<ExecSize> sizes, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var size in sizes.ReadAllAsync(cancellationToken))
                await frames.WriteAsync(ExecFrameKind.Size, size, ExecJson.Default.ExecSize, cancellationToken);
        }
        catch (Exception e) when (e is IOException or WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // It is over.
        }
    }

    private static async Task<int> CarryAsync(ExecFrames frames, Stream input, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _ = SendInputAsync(frames, input, over.Token);
        try
        {
            return await ShowAsync(frames, cancellationToken);
        }
        finally
        {
            await over.CancelAsync();
        }
    }

    private static async Task<WebSocket> OpenAsync(HubAccess hub, HttpClient http, string task, CancellationToken cancellationToken)
    {
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
            using (var api = new HubApi(hub.CreateHttpClient(), hub.Url))
                await api.CheckExecAsync(task, SubProtocol, cancellationToken); // Says what the hub says, where it has refused.
            throw new CommandException(ExitCode.Failed, $"The hub runs no command there now ({e.Message.TrimEnd('.')}): see 'adit ps', and whether its runner is there with 'adit runner ls'.");
        }
    }

    private static async Task SendInputAsync(ExecFrames frames, Stream input, CancellationToken cancellationToken)
    {
        try
        {
            await using var _ = input;
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

        throw new CommandException(ExitCode.Unreachable, "The connection was lost before the command had ended. It ends with it, unless its runner was killed: then it may go on until the runner is back, and 'adit runner ls' says whether that is.");
    }
}
