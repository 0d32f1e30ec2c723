using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using Adit.Api;
using Adit.Link;
using Adit.Runner.Hubs;
using Adit.Runner.Tunnels;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit connect</c>: the user's side of a private tunnel.</summary>
internal static class ConnectCommand
{
    public static Command Create()
    {
        var access = new HubAccessOptions();
        var name = new Argument<string>("NAME") { Description = "The tunnel to reach." };
        var local = new Option<string>("--local") { Description = "Where to listen on this machine.", HelpName = "[ADDR:]PORT", Required = true };
        var client = new Option<string?>("--client-name") { Description = "This client's name on the hub. Default: the machine's.", HelpName = "NAME" };
        var command = new Command(
            "connect", "Reach a tcp tunnel from a local port, through the hub; no port is opened anywhere else.") { name, local, client };
        access.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(access.Read(parsed), parsed.GetValue(name)!, parsed.GetValue(local)!, parsed.GetValue(client) ?? ClientName.OfThisMachine(), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string name, string local, string client, CancellationToken cancellationToken)
    {
        var listen = ParseLocal(local);
        // Ask first: a name that does not exist is better said now than at the first connection.
        using (var api = new HubApi(hub.CreateHttpClient(), hub.Url))
        {
            var tunnel = await api.GetTunnelAsync(name, cancellationToken);
            if (tunnel.Kind == TunnelKind.Http)
                throw new CommandException(
                    ExitCode.Usage, $"{name} is an http tunnel, which 'adit connect' does not reach; open {tunnel.Url}.");
        }

        var up = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var link = new LinkClient(new LinkClientOptions
        {
            Hub = hub.Url,
            Token = hub.Token,
            Name = client,
            Version = ProductVersion.Text,
            Trust = hub.Trust,
            Proxy = hub.Proxy,
        });
        link.Connected += _ => up.TrySetResult();
        link.Disconnected += (reason, _) => Screen.Note($"The link is down ({reason}); trying again.");
        using var port = Listen(listen, link, name);
        port.Failed += static reason => Screen.Note(reason);

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var linking = link.RunAsync(stop.Token);
        await Task.WhenAny(up.Task, linking);
        if (up.Task.IsCompleted)
            Screen.Line($"{port.Local} -> {name} on {hub.Url.Authority}");
        var serving = port.RunAsync(stop.Token);
        await Task.WhenAny(linking, serving);
        await stop.CancelAsync();
        await serving;
        await linking;
        return ExitCode.Ok;
    }

    private static PrivatePort Listen(IPEndPoint at, LinkClient link, string name)
    {
        try
        {
            return new PrivatePort(at, link, name, TimeProvider.System);
        }
        catch (SocketException e)
        {
            throw new CommandException(
                e.SocketErrorCode == SocketError.AddressAlreadyInUse ? ExitCode.NotFoundOrTaken : ExitCode.Failed,
                $"{at} cannot be listened on: {e.Message}. Give another --local.");
        }
    }

    private static IPEndPoint ParseLocal(string text)
    {
        if (text == "0" || TunnelTarget.TryParsePort(text, out _))
            return new IPEndPoint(IPAddress.Loopback, int.Parse(text, System.Globalization.CultureInfo.InvariantCulture));
        if (text.StartsWith("localhost:", StringComparison.OrdinalIgnoreCase))
            text = "127.0.0.1" + text["localhost".Length..];
        return text.LastIndexOf(':') > 0 && IPEndPoint.TryParse(text, out var at)
            ? at
            : throw new FormatException($"--local wants PORT or ADDRESS:PORT, not '{text}'.");
    }
}
