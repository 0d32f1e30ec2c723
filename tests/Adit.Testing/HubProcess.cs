using System.Globalization;

namespace Adit.Testing;

/// <summary>A hub in its own process on a loopback port, with a data directory that can outlive it (<c>restart</c>).</summary>
public sealed class HubProcess : IAsyncDisposable
{
    private readonly TempDirectory? _ownDirectory;

    private HubProcess(ChildProcess process, string dataDirectory, TempDirectory? ownDirectory, int port)
    {
        Process = process;
        DataDirectory = dataDirectory;
        _ownDirectory = ownDirectory;
        Port = port;
    }

    /// <summary>The process.</summary>
    public ChildProcess Process { get; }

    /// <summary>Where it keeps what it keeps.</summary>
    public string DataDirectory { get; }

    /// <summary>The port it listens on, in clear.</summary>
    public int Port { get; }

    /// <summary>The hub's address for clients: <c>http://127.0.0.1:PORT</c>.</summary>
    public string Url => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}");

    /// <summary>The admin token that the first start made.</summary>
    public string AdminToken => File.ReadAllText(Path.Combine(DataDirectory, "admin-token")).Trim();

    /// <summary>ADIT_HUB and ADIT_TOKEN for <see cref="AditProcess"/>.</summary>
    public IReadOnlyDictionary<string, string?> ClientEnvironment => new Dictionary<string, string?>
    {
        ["ADIT_HUB"] = Url,
        ["ADIT_TOKEN"] = AdminToken,
    };

    /// <summary>Where visitors of an http tunnel go.</summary>
    public string TunnelUrl(string name) => string.Create(CultureInfo.InvariantCulture, $"http://{name}.adit.localhost:{Port}/");

    /// <summary>Starts a hub and returns when it says that it is ready.</summary>
    public static async Task<HubProcess> StartAsync(
        string? dataDirectory = null,
        int? port = null,
        IEnumerable<string>? arguments = null,
        IReadOnlyDictionary<string, string?>? environment = null,
        string verb = "hub")
    {
        var own = dataDirectory is null ? new TempDirectory() : null;
        var data = dataDirectory ?? own!.Path;
        var listen = port ?? Ports.Free();
        string[] line =
        [
            verb, "--data", data, "--listen", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{listen}"), "--domain", "adit.localhost",
            .. arguments ?? [],
        ];
        var hub = new HubProcess(AditProcess.Start(line, environment), data, own, listen);
        try
        {
            await hub.WaitUntilReadyAsync();
            return hub;
        }
        catch
        {
            await hub.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        _ownDirectory?.Dispose();
    }

    private async Task WaitUntilReadyAsync()
    {
        using var client = LoopbackHttp.Create();
        await Eventually.HoldsAsync(
            async () =>
            {
                if (Process.HasExited)
                {
                    throw new InvalidOperationException($"The hub ended with {Process.ExitCode}. It wrote:\n{Process.Output}");
                }

                try
                {
                    using var answer = await client.GetAsync(new Uri(Url + "/readyz"));
                    return answer.IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            $"{Url}/readyz answers 200");
    }
}
