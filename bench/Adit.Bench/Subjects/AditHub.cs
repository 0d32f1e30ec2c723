using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using Adit.Bench.Processes;
using Adit.Link;

namespace Adit.Bench.Subjects;

/// <summary>A hub as a user starts one: a fresh data directory, loopback, and with TLS its own authority.</summary>
internal sealed class AditHub : IAsyncDisposable
{
    private const string Domain = "adit.localhost";

    private readonly BenchRun _run;
    private readonly string _data;
    private readonly List<Child> _clients = [];
    private Child _process;

    private AditHub(BenchRun run, string data, int port, int? tlsPort)
    {
        _run = run;
        _data = data;
        Port = port;
        TlsPort = tlsPort;
        _process = StartProcess();
    }

    /// <summary>The hub's process id.</summary>
    public int Id => _process.Id;

    /// <summary>Where it listens in clear on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Where it listens with TLS, if it does.</summary>
    public int? TlsPort { get; }

    /// <summary>What a client of the hub is told as its address: with TLS where the hub has it.</summary>
    public Uri Url => new(TlsPort is { } tls ? $"https://127.0.0.1:{tls}" : $"http://127.0.0.1:{Port}");

    /// <summary>The first start's token.</summary>
    public string Token => File.ReadAllText(Path.Combine(_data, "admin-token")).Trim();

    /// <summary>The certificate of the hub's own authority, PEM.</summary>
    public string AuthorityFile => Path.Combine(_data, "tls", "ca.pem");

    /// <summary>The fingerprint of that authority, for clients to pin.</summary>
    public string Pin
    {
        get
        {
            using var authority = X509CertificateLoader.LoadCertificateFromFile(AuthorityFile);
            return KeyPin.Of(authority);
        }
    }

    /// <summary>Starts a hub and waits until it is ready.</summary>
    public static async Task<AditHub> StartAsync(BenchRun run, bool tls, CancellationToken cancellationToken)
    {
        var port = LoopbackPort.Take();
        var hub = new AditHub(run, Path.Combine(run.Scratch, $"hub-{port}"), port, tls ? LoopbackPort.Take() : null);
        await hub.WaitUntilReadyAsync(cancellationToken);
        return hub;
    }

    /// <summary>Waits until /readyz says so.</summary>
    public async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        using var http = ApiClient();
        await Until.TrueAsync(() => AnswersAsync(http, "/readyz", cancellationToken), "the hub to be ready", _process, cancellationToken);
    }

    /// <summary>Asks the hub to end, as systemd does, and starts it again on the same data and ports; does not wait until it is ready.</summary>
    public async Task RestartAsync()
    {
        await _process.DisposeAsync();
        _process = StartProcess();
    }

    /// <summary>Exposes the backend under a host name, by a client of its own.</summary>
    public async Task<Subject> ExposeHttpAsync(int backendPort, CancellationToken cancellationToken)
    {
        var name = $"http{_clients.Count}";
        var client = StartClient("http", backendPort, "--name", name, "--access", "public");
        var subject = new Subject($"adit http{Suffix}", new IPEndPoint(IPAddress.Loopback, Port), $"{name}.{Domain}:{Port}", Id, client.Id);
        await WaitUntilServedAsync(subject, client, cancellationToken);
        return subject;
    }

    /// <summary>Exposes the backend on a port of the hub, by a client of its own.</summary>
    public async Task<Subject> ExposeTcpAsync(int backendPort, CancellationToken cancellationToken)
    {
        var port = LoopbackPort.Take();
        var client = StartClient("tcp", backendPort, "--name", $"tcp{_clients.Count}", "--port", port.ToString(CultureInfo.InvariantCulture));
        var subject = new Subject($"adit tcp{Suffix}", new IPEndPoint(IPAddress.Loopback, port), $"127.0.0.1:{port}", Id, client.Id);
        await WaitUntilServedAsync(subject, client, cancellationToken);
        return subject;
    }

    /// <summary>A runner of this machine, as a user starts one; waits until the hub has it.</summary>
    public async Task<Child> StartRunnerAsync(string name, CancellationToken cancellationToken)
    {
        var runner = Child.Start("adit runner", _run.Adit, ["runner", "--name", name, "--data", Path.Combine(_run.Scratch, "runner-" + name)], ClientEnvironment());
        _clients.Add(runner);
        using var http = ApiClient();
        await Until.TrueAsync(() => AnswersAsync(http, "/api/v1/runners/" + name, cancellationToken), "the runner to be there", runner, cancellationToken);
        return runner;
    }

    /// <summary>An HTTP client for the hub's API on its plain port, with the token once there is one.</summary>
    public HttpClient ApiClient()
    {
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 64 }) { BaseAddress = new Uri($"http://127.0.0.1:{Port}") };
        http.DefaultRequestHeaders.Host = $"127.0.0.1:{Port}";
        if (File.Exists(Path.Combine(_data, "admin-token")))
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);

        return http;
    }

    /// <summary>The way visitors of a tunnel take, for a tunnel somebody else made.</summary>
    public Subject Visitor(string tunnel) => new(tunnel, new IPEndPoint(IPAddress.Loopback, Port), $"{tunnel}.{Domain}:{Port}", Id);

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
            await client.DisposeAsync();

        await _process.DisposeAsync();
    }

    private string Suffix => TlsPort is null ? "" : ", TLS link";

    private Child StartProcess()
    {
        List<string> arguments = ["hub", "--data", _data, "--listen", $"127.0.0.1:{Port}", "--domain", Domain];
        if (TlsPort is { } tls)
            arguments.AddRange(["--listen-tls", $"127.0.0.1:{tls}", "--auto-tls", "127.0.0.1", "--trusted-proxy", "127.0.0.1"]);

        return Child.Start("adit hub", _run.Adit, arguments);
    }

    private Child StartClient(string kind, int backendPort, params string[] more)
    {
        string[] arguments = ["tunnel", kind, backendPort.ToString(CultureInfo.InvariantCulture), .. more];
        var client = Child.Start($"adit tunnel {kind}", _run.Adit, arguments, ClientEnvironment());
        _clients.Add(client);
        return client;
    }

    private Dictionary<string, string> ClientEnvironment()
    {
        var environment = new Dictionary<string, string>
        {
            ["ADIT_HUB"] = Url.ToString(),
            ["ADIT_TOKEN"] = Token,
            ["NO_PROXY"] = "127.0.0.1",
        };
        if (TlsPort is not null)
            environment["ADIT_CA_FILE"] = AuthorityFile;

        return environment;
    }

    private static async Task WaitUntilServedAsync(Subject subject, Child client, CancellationToken cancellationToken)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://{subject.Address}") };
        http.DefaultRequestHeaders.Host = subject.Host;
        await Until.TrueAsync(() => AnswersAsync(http, "/", cancellationToken), $"{subject.Name} to serve", client, cancellationToken);
    }

    private static async Task<bool> AnswersAsync(HttpClient http, string path, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await http.GetAsync(path, cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
