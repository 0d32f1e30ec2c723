using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Testing;

namespace Adit.Faults.Stage;

/// <summary><c>adit tunnel …</c> in its own process.</summary>
internal static class Client
{
    /// <summary>Starts a public tunnel and returns when the hub says that it is up.</summary>
    public static async Task<ChildProcess> StartAsync(
        HubProcess hub, string name, string kind, string target, IReadOnlyDictionary<string, string?>? environment = null, params string[] more)
    {
        var process = AditProcess.Start(["tunnel", kind, target, "--name", name, "--access", "public", .. more], environment ?? hub.ClientEnvironment);
        try
        {
            if (environment?["ADIT_HUB"]?.StartsWith("https", StringComparison.Ordinal) == true)
            {
                await process.WaitForLineAsync(name + "\\.adit\\.localhost", TimeSpan.FromSeconds(60)); // The API in clear redirects.
            }
            else
            {
                await UntilUpAsync(hub, name, process);
            }

            return process;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Returns when the tunnel is up.</summary>
    public static Task UntilUpAsync(HubProcess hub, string name, ChildProcess? process = null) => Eventually.HoldsAsync(
        async () =>
        {
            if (process is { HasExited: true })
            {
                throw new InvalidOperationException($"adit tunnel ended with {process.ExitCode}. It wrote:\n{process.Output}");
            }

            return await StateAsync(hub, name) == TunnelState.Up;
        },
        $"tunnel {name} is up",
        TimeSpan.FromSeconds(60));

    /// <summary>The tunnel's state; null when the hub knows none of that name.</summary>
    public static async Task<TunnelState?> StateAsync(HubProcess hub, string name)
    {
        using var http = LoopbackHttp.Create(hub.AdminToken);
        using var answer = await http.GetAsync(new Uri($"{hub.Url}/api/v1/tunnels/{name}"));
        return answer.StatusCode == HttpStatusCode.NotFound
            ? null
            : (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync(TunnelsJson.Default.Tunnel))!.State;
    }
}
