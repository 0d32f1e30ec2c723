using Adit.Api;
using Adit.Link;
using Adit.Runner.Hubs;
using Adit.Runner.Tunnels;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary>What a command says about a tunnel client beside its tunnels.</summary>
internal sealed record TunnelSessionOptions
{
    public required string ClientName { get; init; }

    public IReadOnlyList<string> Allow { get; init; } = [];

    public int MaxConnections { get; init; } = LinkClientOptions.DefaultMaxConnections;

    public TimeSpan ProgramPatience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Report in JSON.</summary>
    public bool Json { get; init; }

    /// <summary>Report each request even where nobody looks.</summary>
    public bool Requests { get; init; }

    /// <summary>Open the browser when the tunnel is up.</summary>
    public bool Open { get; init; }
}

/// <summary>One tunnel in the foreground: the client and what shows it.</summary>
internal static class TunnelSession
{
    /// <summary>Serves until the signal to end, or until it cannot go on.</summary>
    public static async Task<int> RunAsync(
        HubAccess hub, TunnelSpec tunnel, TunnelSessionOptions options, CancellationToken cancellationToken)
    {
        using var view = TunnelView.Create(options.Json);
        await using var client = new TunnelClient(hub, [tunnel], new TunnelClientOptions
        {
            ClientName = options.ClientName,
            Version = ProductVersion.Text,
            Allow = options.Allow,
            MaxConnections = options.MaxConnections,
            ProgramPatience = options.ProgramPatience,
            CaptureProgramOutput = view.CapturesPrograms,
        });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var up = new TaskCompletionSource<Tunnel>(TaskCreationOptions.RunContinuationsAsynchronously);
        client.Reported += report =>
        {
            view.Show(report);
            if (report is TunnelUp first)
                up.TrySetResult(first.Tunnel);
        };
        var beside = BesideAsync(client.Api, view, options, up.Task, stop.Token);
        try
        {
            await client.RunAsync(cancellationToken);
            return ExitCode.Ok;
        }
        finally
        {
            await stop.CancelAsync();
            await beside;
        }
    }

    // What needs the tunnel's name: the way in for its owner, and the requests as they pass. None of it may end the tunnel.
    private static async Task BesideAsync(
        HubApi api, TunnelView view, TunnelSessionOptions options, Task<Tunnel> up, CancellationToken cancellationToken)
    {
        try
        {
            var tunnel = await up.WaitAsync(cancellationToken);
            if (tunnel.Kind != TunnelKind.Http)
                return;
            await SignInAsync(api, view, options, tunnel, cancellationToken);
            if (options.Requests || view.WantsRequests)
            {
                var watch = new RequestWatch(api, tunnel.Name, TimeProvider.System);
                await watch.RunAsync(r => view.Show(new RequestPassed(r)), cancellationToken);
            }
        }
        catch (Exception e) when (e is HubApiException or HttpRequestException or IOException)
        {
            view.Note($"The hub does not show requests: {e.Message}");
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    private static async Task SignInAsync(
        HubApi api, TunnelView view, TunnelSessionOptions options, Tunnel tunnel, CancellationToken cancellationToken)
    {
        if (!options.Open && !(Screen.IsInteractive && !options.Json && tunnel.Access == TunnelAccess.Owner))
            return;
        var address = tunnel.Url;
        if (tunnel.Access == TunnelAccess.Owner)
        {
            address = (await api.CreateSignInLinkAsync(tunnel.Name, cancellationToken)).Url;
            view.Note($"Open once within a minute, signed in: {address}");
        }

        if (options.Open)
            Browser.Open(address, view.Note);
    }
}
