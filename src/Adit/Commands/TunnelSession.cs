using Adit.Runner.Hubs;
using Adit.Runner.Tunnels;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary>What a command says about a tunnel client beside its tunnels.</summary>
internal sealed record TunnelSessionOptions
{
    public required string ClientName { get; init; }

    public IReadOnlyList<string> Allow { get; init; } = [];

    public int MaxConnections { get; init; }

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
    public static async Task<int> RunAsync(HubAccess hub, TunnelSpec tunnel, TunnelSessionOptions options, CancellationToken cancellationToken)
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
        client.Reported += view.Show;
        await client.RunAsync(cancellationToken);
        return ExitCode.Ok;
    }
}
