using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using Adit.Api;
using Adit.Link;
using Adit.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Adit.Hub.Tests.Inspector;

/// <summary>A whole hub, an application, and a client that serves it by the name <c>demo</c>; all in this process, over real sockets.</summary>
internal sealed class TunneledHub : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TempDirectory _directory;
    private readonly HubApp _hub;
    private readonly WebApplication _application;
    private readonly LinkClient _client;
    private readonly CancellationTokenSource _over = new();
    private readonly Task _running;

    private TunneledHub(TempDirectory directory, HubApp hub, WebApplication application)
    {
        _directory = directory;
        _hub = hub;
        _application = application;
        var port = new Uri(application.Urls.First()).Port;
        _client = new LinkClient(new LinkClientOptions { Hub = Url, Token = hub.AdminToken!, Name = "test", Proxy = null, OnStream = stream => ServeAsync(stream, port) });
        _running = _client.RunAsync(_over.Token);
        Api = LoopbackHttp.Create(hub.AdminToken);
        Api.BaseAddress = Url;
        Visitor = LoopbackHttp.Create();
        Visitor.BaseAddress = new Uri($"http://demo.adit.localhost:{Url.Port}/");
    }

    public Uri Url => new(_hub.Addresses[0]);

    public IServiceProvider Services => _hub.Services;

    /// <summary>Talks to the hub as the admin.</summary>
    public HttpClient Api { get; }

    /// <summary>Visits the tunnel.</summary>
    public HttpClient Visitor { get; }

    public static async Task<TunneledHub> StartAsync(Func<HubOptions, HubOptions>? change = null)
    {
        var directory = new TempDirectory();
        var options = new HubOptions { DataDirectory = directory.File("hub"), Listen = ["127.0.0.1:0"], DrainTimeout = TimeSpan.FromSeconds(2) };
        var hub = new TunneledHub(directory, await HubApp.StartAsync(change?.Invoke(options) ?? options).WaitAsync(Patience), await StartApplicationAsync());
        await Eventually.HoldsAsync(() => hub._client.LinkId is not null, "the client has a link");
        await hub.ServeAsync("demo");
        return hub;
    }

    public async Task ServeAsync(string name)
    {
        var request = new CreateTunnelRequest { Name = name, Kind = TunnelKind.Http, Target = _application.Urls.First(), Link = _client.LinkId, Access = TunnelAccess.Public };
        using var answer = await Api.PostAsJsonAsync("/api/v1/tunnels", request, TunnelsJson.Default.CreateTunnelRequest);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>A client of the API with a new token of another account.</summary>
    public async Task<HttpClient> StrangerAsync()
    {
        using var answer = await Api.PostAsJsonAsync("/api/v1/tokens", new CreateTokenRequest { Name = "stranger", Account = "stranger" }, TokensJson.Default.CreateTokenRequest);
        var token = await answer.Content.ReadFromJsonAsync(TokensJson.Default.ApiToken);
        var client = LoopbackHttp.Create(token!.Secret);
        client.BaseAddress = Url;
        return client;
    }

    public async Task<IReadOnlyList<RequestSummary>> RequestsAsync(string name = "demo") =>
        (await Api.GetFromJsonAsync($"/api/v1/tunnels/{name}/requests", TunnelsJson.Default.RequestList))!.Items;

    public async Task<InspectedRequest> RequestAsync(string id, string query = "") =>
        (await Api.GetFromJsonAsync($"/api/v1/tunnels/demo/requests/{id}{query}", TunnelsJson.Default.InspectedRequest))!;

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        Visitor.Dispose();
        await _over.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _hub.DisposeAsync().AsTask().WaitAsync(Patience);
        await _application.DisposeAsync();
        _over.Dispose();
        _directory.Dispose();
    }

    private static async Task<WebApplication> StartApplicationAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var application = builder.Build();
        application.Run(async context =>
        {
            var body = await new StreamReader(context.Request.Body).ReadToEndAsync();
            context.Response.StatusCode = context.Request.Path == "/broken" ? 500 : 200;
            context.Response.Headers.SetCookie = "session=abc";
            context.Response.Headers["X-Seen-Authorization"] = context.Request.Headers.Authorization.ToString().Length.ToString(System.Globalization.CultureInfo.InvariantCulture);
            context.Response.Headers["X-Seen-Trace"] = context.Request.Headers.TraceParent.ToString();
            var target = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
            await context.Response.WriteAsync($"{context.Request.Method} {target} {body}");
        });
        await application.StartAsync();
        return application;
    }

    private static async Task ServeAsync(LinkStream stream, int port)
    {
        await using var _ = stream;
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        var wire = new SocketWire(socket);
        await stream.ConfirmOpenedAsync();
        await StreamPump.RunAsync(wire, stream);
        wire.Close();
    }
}
