using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Edge;
using Adit.Hub.Tunnels;
using Adit.Link;
using Adit.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Tests.Tunnels;

/// <summary>A whole hub in this process, with real clients linked to it.</summary>
internal sealed class TestHub : IAsyncDisposable
{
    public const string Domain = "adit.test";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private readonly TempDirectory _parent = new();
    private readonly Func<HubOptions, HubOptions>? _change;
    private readonly Action<ILoggingBuilder>? _logging;
    private readonly List<TestClient> _clients = [];
    private HubApp _app = null!;

    private TestHub(TimeProvider? time, Func<HubOptions, HubOptions>? change, Action<ILoggingBuilder>? logging)
    {
        Time = time ?? TimeProvider.System;
        _change = change;
        _logging = logging;
    }

    public TimeProvider Time { get; }

    public string AdminToken { get; private set; } = "";

    public IServiceProvider Services => _app.Services;

    public TunnelRegistry Registry => Services.GetRequiredService<TunnelRegistry>();

    public RouteTable Routes => Services.GetRequiredService<RouteTable>();

    public LinkHost Links => Services.GetRequiredService<LinkHost>();

    public Uri Address => new(_app.Addresses[0]);

    public static async Task<TestHub> StartAsync(TimeProvider? time = null, Func<HubOptions, HubOptions>? change = null, Action<ILoggingBuilder>? logging = null)
    {
        var hub = new TestHub(time, change, logging);
        await hub.OpenAsync();
        hub.AdminToken = hub._app.AdminToken!;
        return hub;
    }

    /// <summary>As when its process ended in order and another began. Clients of before are gone.</summary>
    public async Task RestartAsync()
    {
        foreach (var client in _clients)
            await client.DisposeAsync();
        _clients.Clear();
        await EndAsync();
        await OpenAsync();
    }

    /// <summary>A client of the API with somebody's token; the admin's by default.</summary>
    public HttpClient Api(string? token = null)
    {
        var http = LoopbackHttp.Create(token ?? AdminToken);
        http.BaseAddress = Address;
        return http;
    }

    /// <summary>Makes a token for an account, which is a person's when there is none yet.</summary>
    public async Task<ApiToken> TokenAsync(string account, int? maxTunnels = null, int? maxStreams = null)
    {
        var accounts = Services.GetRequiredService<AccountDirectory>();
        if (accounts.Find(account) is null)
            await accounts.AddAsync(new Account { Name = account, Kind = AccountKind.Person, Role = PlatformRole.User, Created = Time.GetUtcNow() });
        using var api = Api();
        var request = new CreateTokenRequest { Name = account, Account = account, MaxTunnels = maxTunnels, MaxStreams = maxStreams };
        using var answer = await api.PostAsJsonAsync("/api/v1/tokens", request, TokensJson.Default.CreateTokenRequest);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync(TokensJson.Default.ApiToken))!;
    }

    /// <summary>A client with a link.</summary>
    public async Task<TestClient> LinkAsync(string? token = null, string name = "test")
    {
        var client = new TestClient(Address, token ?? AdminToken, name);
        _clients.Add(client);
        await client.Linked.WaitAsync(Deadline);
        return client;
    }

    /// <summary>Asks for a tunnel.</summary>
    public async Task<HttpResponseMessage> PostAsync(CreateTunnelRequest request, string? token = null)
    {
        using var api = Api(token);
        return await api.PostAsJsonAsync("/api/v1/tunnels", request, TunnelsJson.Default.CreateTunnelRequest).WaitAsync(Deadline);
    }

    /// <summary>Makes a tunnel.</summary>
    public async Task<Tunnel> CreateAsync(CreateTunnelRequest request, string? token = null)
    {
        using var answer = await PostAsync(request, token);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync(TunnelsJson.Default.Tunnel))!;
    }

    /// <summary>The code of a problem (RFC 9457).</summary>
    public static async Task<string?> CodeAsync(HttpResponseMessage answer)
    {
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.False(string.IsNullOrEmpty(problem.RootElement.GetProperty("detail").GetString()));
        return problem.RootElement.GetProperty("code").GetString();
    }

    /// <summary>What a visitor of a tunnel gets.</summary>
    public async Task<(HttpStatusCode Status, string Body)> VisitAsync(string name)
    {
        using var http = LoopbackHttp.Create();
        using var request = new HttpRequestMessage(HttpMethod.Get, Address);
        request.Headers.Host = $"{name}.{Domain}";
        using var answer = await http.SendAsync(request).WaitAsync(Deadline);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
            await client.DisposeAsync();
        await EndAsync();
        _parent.Dispose();
    }

    // Requests that the hub holds by a clock that stands still would keep it for ever.
    private async Task EndAsync()
    {
        var ending = _app.DisposeAsync().AsTask();
        await Task.WhenAny(ending, Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System));
        if (!ending.IsCompleted && Time is ManualTimeProvider clock)
            await clock.AdvanceUntilAsync(ending, TimeSpan.FromSeconds(1));
        await ending.WaitAsync(Deadline);
    }

    private async Task OpenAsync()
    {
        var options = new HubOptions { DataDirectory = _parent.File("data"), Listen = ["127.0.0.1:0"], Domain = Domain, DrainTimeout = TimeSpan.FromSeconds(1) };
        _app = await HubApp.StartAsync(_change?.Invoke(options) ?? options, Time, _logging).WaitAsync(Deadline);
    }
}

/// <summary>A client that connects whatever the hub asks for on loopback.</summary>
internal sealed class TestClient : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<string> _linked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _running;

    public TestClient(Uri hub, string token, string name)
    {
        Client = new LinkClient(new LinkClientOptions { Hub = hub, Token = token, Name = name, Proxy = null, OnStream = ServeAsync });
        Client.Connected += id => _linked.TrySetResult(id);
        _running = Client.RunAsync(_stop.Token);
    }

    public LinkClient Client { get; }

    /// <summary>The link's id, once there is one.</summary>
    public Task<string> Linked => _linked.Task;

    public string Link => Linked.Result;

    /// <summary>Refuse every stream from now on.</summary>
    public bool Refuses { get; set; }

    /// <summary>How many streams it was asked for.</summary>
    public int Asked;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ContinueWith(static _ => { }, TaskScheduler.Default).WaitAsync(TimeSpan.FromSeconds(30));
    }

    private async Task ServeAsync(LinkStream stream)
    {
        await using var _ = stream;
        Interlocked.Increment(ref Asked);
        if (Refuses)
        {
            stream.Reset(ResetCode.Refused, "Nothing listens there.");
            return;
        }

        var port = int.Parse(stream.Request.Target[(stream.Request.Target.LastIndexOf(':') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            stream.Reset(ResetCode.Refused, e.Message);
            return;
        }

        await stream.ConfirmOpenedAsync();
        var wire = new SocketWire(socket);
        await StreamPump.RunAsync(wire, stream);
        wire.Close();
    }
}
