using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Testing;

namespace Adit.EndToEnd;

/// <summary><c>adit tunnel …</c> in its own process, up and routable.</summary>
internal sealed class TunnelProcess : IAsyncDisposable
{
    private TunnelProcess(ChildProcess process, Tunnel tunnel)
    {
        Process = process;
        Tunnel = tunnel;
    }

    /// <summary>The client's process.</summary>
    public ChildProcess Process { get; }

    /// <summary>The tunnel as the API showed it when it came up.</summary>
    public Tunnel Tunnel { get; }

    /// <summary>Runs <c>adit tunnel ARGUMENTS --name NAME</c> and returns when the hub says that the tunnel is up.</summary>
    public static async Task<TunnelProcess> StartAsync(HubProcess hub, string name, params IEnumerable<string> arguments)
    {
        var process = AditProcess.Start(["tunnel", .. arguments, "--name", name], hub.ClientEnvironment);
        try
        {
            return new TunnelProcess(process, await WaitUntilUpAsync(hub, process, name));
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>The tunnel as the API shows it now; null when the hub knows none of that name.</summary>
    public static async Task<Tunnel?> FindAsync(HubProcess hub, string name)
    {
        using var client = LoopbackHttp.Create(hub.AdminToken);
        using var answer = await client.GetAsync(new Uri($"{hub.Url}/api/v1/tunnels/{name}"));
        return answer.StatusCode == HttpStatusCode.NotFound
            ? null
            : await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync(TunnelsJson.Default.Tunnel);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Process.DisposeAsync();

    private static async Task<Tunnel> WaitUntilUpAsync(HubProcess hub, ChildProcess process, string name)
    {
        Tunnel? tunnel = null;
        await Eventually.HoldsAsync(
            async () =>
            {
                if (process.HasExited)
                {
                    throw new InvalidOperationException($"adit tunnel ended with {process.ExitCode}. It wrote:\n{process.Output}");
                }

                tunnel = await FindAsync(hub, name);
                return tunnel?.State == TunnelState.Up;
            },
            $"tunnel {name} is up",
            within: TimeSpan.FromSeconds(60));
        return tunnel!;
    }
}
