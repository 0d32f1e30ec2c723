using System.Text.RegularExpressions;
using Adit.Testing;

namespace Adit.Faults.Networks;

/// <summary>
/// Two machines on one cable: network namespaces "hub" and "client" joined by a veth pair, with a hub in one and a client in the other.
/// Needs root and iproute2 and iptables; says so when the machine has them not. The application listens on a Unix socket, which no
/// namespace of networks divides from the test.
/// </summary>
internal sealed partial class TwoMachines : IAsyncDisposable
{
    private const string HubAddress = "10.211.7.1";
    private const int Port = 8080;
    private readonly string _id = Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(2));
    private readonly bool _isTls;
    private readonly TempDirectory _data = new();
    private ChildProcess? _hub;
    private ChildProcess? _client;

    private TwoMachines(bool isTls) => _isTls = isTls;

    public ChildProcess Hub => _hub!;

    public ChildProcess Client => _client!;

    public string Socket => _data.File("app.sock");

    private string Address => $"{(_isTls ? "https" : "http")}://far.adit.localhost:{Port}";

    // Visitors are on the hub's machine and do not care who issued its certificate.
    private string[] Curl => ["netns", "exec", HubSide, "curl", "-sSk", "--http1.1", "--resolve", $"far.adit.localhost:{Port}:127.0.0.1"];

    private string HubSide => "adith" + _id;

    private string ClientSide => "aditc" + _id;

    /// <summary>Makes the machines, the hub, and a client whose tunnel "far" leads to <see cref="Socket"/>; on request everything with TLS.</summary>
    public static async Task<TwoMachines> StartAsync(bool isTls = false)
    {
        var machines = new TwoMachines(isTls);
        try
        {
            await machines.CableAsync();
            await machines.StartProcessesAsync();
            return machines;
        }
        catch
        {
            await machines.DisposeAsync();
            throw;
        }
    }

    /// <summary>From now on no packet arrives on either side, and nobody is told.</summary>
    public Task CutAsync() => OnBothAsync("-A", "INPUT", "-i", "v0", "-j", "DROP");

    /// <summary>Packets arrive again.</summary>
    public Task MendAsync() => OnBothAsync("-F", "INPUT");

    /// <summary>One in fifty packets is lost, in both directions.</summary>
    public Task LoseSomeAsync() => OnBothAsync("-A", "INPUT", "-i", "v0", "-m", "statistic", "--mode", "random", "--probability", "0.02", "-j", "DROP");

    /// <summary>The client's machine has another address, as after a change of network; the old one is gone.</summary>
    public async Task MoveClientAsync()
    {
        await IpAsync("-n", ClientSide, "address", "flush", "dev", "v0");
        await IpAsync("-n", ClientSide, "address", "add", "10.211.7.3/24", "dev", "v0");
    }

    /// <summary>Visits the tunnel from the hub's machine; the status code and the time in the last line.</summary>
    public Task<string> VisitAsync(string path, int seconds, params string[] more) => ChildProcess.RunAsync(
        "ip",
        [.. Curl, "--max-time", $"{seconds}", "-w", "\n%{http_code}", .. more, Address + path],
        within: TimeSpan.FromSeconds(seconds + 10));

    /// <summary>Starts a visit that may fail.</summary>
    public ChildProcess StartVisit(string path, params string[] more) => ChildProcess.Start(
        "ip", [.. Curl, "-N", "--max-time", "120", "-o", "/dev/null", "-w", "ended %{http_code}\n", .. more, Address + path]);

    /// <summary>Whether a visit is answered so.</summary>
    public async ValueTask<bool> AnswersAsync(string status)
    {
        try
        {
            return (await VisitAsync("/", 5)).EndsWith("\n" + status, StringComparison.Ordinal);
        }
        catch (InvalidOperationException)
        {
            return false; // curl's own deadline.
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in new[] { _client, _hub })
        {
            if (process is not null)
            {
                await process.DisposeAsync();
            }
        }

        foreach (var side in new[] { HubSide, ClientSide })
        {
            await using var remove = ChildProcess.Start("ip", ["netns", "delete", side]);
            await remove.WaitForExitAsync();
        }

        _data.Dispose();
    }

    private async Task CableAsync()
    {
        try
        {
            await IpAsync("netns", "add", HubSide);
            await IpAsync("netns", "add", ClientSide);
            await IpAsync("-n", HubSide, "link", "add", "v0", "type", "veth", "peer", "name", "v0", "netns", ClientSide);
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            throw new InvalidOperationException($"Network namespaces cannot be made here; run this as root on Linux with iproute2: {e.Message}", e);
        }

        foreach (var (side, address) in new[] { (HubSide, HubAddress), (ClientSide, "10.211.7.2") })
        {
            await IpAsync("-n", side, "link", "set", "lo", "up");
            await IpAsync("-n", side, "address", "add", address + "/24", "dev", "v0");
            await IpAsync("-n", side, "link", "set", "v0", "up");
        }
    }

    private async Task StartProcessesAsync()
    {
        string[] listen = _isTls
            ? ["--listen-tls", $"0.0.0.0:{Port}", "--listen", "127.0.0.1:8081", "--auto-tls", "--auto-tls-name", HubAddress]
            : ["--listen", $"0.0.0.0:{Port}", "--allow-insecure"];
        _hub = Run(HubSide, [], ["hub", "--data", _data.File("hub"), "--domain", "adit.localhost", .. listen]);
        await Eventually.HoldsAsync(() => File.Exists(_data.File("hub/admin-token")) || _hub.HasExited, "the hub has started");
        await Eventually.HoldsAsync(async () => await AnswersAsync("404"), "the hub answers");
        var token = (await File.ReadAllTextAsync(_data.File("hub/admin-token"))).Trim();
        var environment = new Dictionary<string, string?> { ["ADIT_HUB"] = $"{(_isTls ? "https" : "http")}://{HubAddress}:{Port}", ["ADIT_TOKEN"] = token };
        if (_isTls)
            environment["ADIT_PIN"] = FingerprintPattern.Match(_hub.Output).Value;
        _client = Run(
            ClientSide,
            environment,
            "tunnel", "http", "unix:" + Socket, "--name", "far", "--access", "public");
        await Eventually.HoldsAsync(
            async () => _client.HasExited ? throw new InvalidOperationException(_client.Output) : await AnswersAsync("502"),
            "the tunnel is up, before its application is");
    }

    private static ChildProcess Run(string side, Dictionary<string, string?> environment, params string[] line) =>
        ChildProcess.Start("ip", ["netns", "exec", side, AditProcess.Executable, .. line], environment);

    [GeneratedRegex("sha256:[A-Za-z0-9_-]{43}")]
    private static partial Regex FingerprintPattern { get; }

    private async Task OnBothAsync(params string[] rule)
    {
        foreach (var side in new[] { HubSide, ClientSide })
        {
            await IpAsync(["netns", "exec", side, "iptables", "-w", .. rule]);
        }
    }

    private static Task<string> IpAsync(params string[] arguments) => ChildProcess.RunAsync("ip", arguments);
}
