using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Doors;
using Adit.Hub.Access.Sessions;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Tests.Edge.Forwarding;
using Adit.Hub.Tests.Tunnels;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tests.Edge.Gate;

/// <summary>A whole hub with an http tunnel <c>demo</c> to an application of raw bytes, and people who have sessions.</summary>
internal sealed partial class DoorHub : IAsyncDisposable
{
    public const string Host = "demo.adit.test";
    public const string Navigate = "Accept: text/html\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Site: none";

    private readonly TestClient _client;
    private readonly int _target;

    private DoorHub(TestHub hub, TestClient client, RawServer app, int? target)
    {
        Hub = hub;
        _client = client;
        App = app;
        _target = target ?? app.Port;
    }

    public TestHub Hub { get; }

    public RawServer App { get; }

    public AccountDirectory Accounts => Hub.Services.GetRequiredService<AccountDirectory>();

    public SessionRegistry Sessions => Hub.Services.GetRequiredService<SessionRegistry>();

    public int Port => Hub.Address.Port;

    /// <summary>Where the hub is, as browsers reach it.</summary>
    public string HubHost => string.Create(CultureInfo.InvariantCulture, $"adit.test:{Port}");

    /// <summary>Where the tunnel is, as browsers reach it.</summary>
    public string DemoHost => string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");

    public static async Task<DoorHub> StartAsync(
        string access = "signed-in", IReadOnlyList<AccessRule>? rules = null, RawServer? app = null, TimeProvider? time = null,
        Func<HubOptions, HubOptions>? change = null, TunnelOptions? options = null, int? target = null)
    {
        var hub = await TestHub.StartAsync(time, change);
        var client = await hub.LinkAsync();
        var doors = new DoorHub(hub, client, app ?? RawServer.Echoing(), target);
        await doors.TunnelAsync("demo", access, rules, options);
        return doors;
    }

    /// <summary>A tunnel of the admin's to the application.</summary>
    public Task<Tunnel> TunnelAsync(string name, string access, IReadOnlyList<AccessRule>? rules = null, TunnelOptions? options = null) =>
        Hub.CreateAsync(new CreateTunnelRequest
        {
            Name = name, Kind = TunnelKind.Http, Target = $"http://127.0.0.1:{_target}", Link = _client.Link, Access = access, Rules = rules, Options = options,
        });

    /// <summary>Changes the tunnel <c>demo</c>.</summary>
    public async Task ChangeAsync(ChangeTunnelRequest request)
    {
        using var api = Hub.Api();
        using var answer = await api.PatchAsJsonAsync("/api/v1/tunnels/demo", request, TunnelsJson.Default.ChangeTunnelRequest);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    /// <summary>Somebody new.</summary>
    public Task<Account> PersonAsync(string name, PlatformRole role = PlatformRole.User, string? email = null) =>
        Accounts.AddAsync(new Account { Name = name, Kind = AccountKind.Person, Role = role, Email = email, Created = Hub.Time.GetUtcNow() });

    /// <summary>Somebody who is signed in at the hub: the cookie there.</summary>
    public async Task<string> SignInAsync(string name)
    {
        if (Accounts.Find(name) is null)
            await PersonAsync(name);
        var (_, cookie) = await Sessions.StartAsync(new SessionStart(name, "local"));
        return "adit_session=" + cookie;
    }

    /// <summary>One request on a connection of its own; all that comes back.</summary>
    public async Task<string> SendAsync(string method, string host, string target, params string[] fields)
    {
        await using var peer = await RawPeer.ConnectAsync(Port);
        var lines = string.Concat(fields.Where(static f => f.Length > 0).Select(static f => f + "\r\n"));
        await peer.SendAsync($"{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{lines}\r\n");
        return await peer.ReadToEndAsync();
    }

    /// <summary>One request to the tunnel.</summary>
    public Task<string> GetAsync(string target, params string[] fields) => SendAsync("GET", DemoHost, target, fields);

    /// <summary>Begins the dance: where the browser is sent, and the cookie that it keeps.</summary>
    public async Task<(string Location, string StateCookie)> BeginAsync(string host, string target = "/x?y=1")
    {
        var away = await SendAsync("GET", host, target, Navigate);
        Assert.StartsWith("HTTP/1.1 302 ", away);
        return (LocationOf(away), CookieOf(away, "adit_state_"));
    }

    /// <summary>At the hub: where the browser is sent back. Whoever is asked whether the application may learn who comes says yes.</summary>
    public async Task<string> AuthorizeAsync(string location, string session)
    {
        var back = await AskAsync(location, session);
        if (back.Contains("<form", StringComparison.Ordinal))
        {
            back = await ContinueAsync(back, session);
            Assert.StartsWith("HTTP/1.1 200 ", back);
            return WebUtility.HtmlDecode(Regex.Match(back, "<meta http-equiv=\"refresh\" content=\"0;url=([^\"]+)\">").Groups[1].Value);
        }

        Assert.StartsWith("HTTP/1.1 302 ", back);
        return LocationOf(back);
    }

    /// <summary>What the hub answers who comes from a tunnel.</summary>
    public Task<string> AskAsync(string location, string session)
    {
        var url = new Uri(location);
        return SendAsync("GET", url.Authority, url.PathAndQuery, Navigate.Replace("Site: none", "Site: same-site", StringComparison.Ordinal), $"Cookie: {session}");
    }

    /// <summary>Presses the button of a page that asks.</summary>
    public Task<string> ContinueAsync(string page, string session, string site = "Sec-Fetch-Site: same-origin", Func<string, string>? change = null)
    {
        var form = string.Join('&', Regex.Matches(page, "<input type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]*)\">")
            .Select(static m => $"{m.Groups[1].Value}={Uri.EscapeDataString(WebUtility.HtmlDecode(m.Groups[2].Value))}"));
        return PostAsync(HubHost, "/apps/authorize", change?.Invoke(form) ?? form, site, $"Cookie: {session}");
    }

    /// <summary>Sends a form.</summary>
    public async Task<string> PostAsync(string host, string target, string form, params string[] fields)
    {
        await using var peer = await RawPeer.ConnectAsync(Port);
        var lines = string.Concat(fields.Where(static f => f.Length > 0).Select(static f => f + "\r\n"));
        await peer.SendAsync(
            $"POST {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {form.Length}\r\n{lines}\r\n{form}");
        return await peer.ReadToEndAsync();
    }

    /// <summary>Notes that somebody has been asked and agreed.</summary>
    public Task ConsentAsync(string account, string host = Host) =>
        Hub.Services.GetRequiredService<Consents>().GiveAsync(account, Hub.Routes.Find(host)!, host, null);

    /// <summary>Comes back: what the tunnel's host says.</summary>
    public Task<string> ReturnAsync(string callback, string stateCookie)
    {
        var url = new Uri(callback);
        return SendAsync("GET", url.Authority, url.PathAndQuery, Navigate, stateCookie.Length == 0 ? "" : $"Cookie: {stateCookie}");
    }

    /// <summary>The whole dance: the ticket's cookie.</summary>
    public async Task<string> DanceAsync(string session, string? host = null)
    {
        var (location, state) = await BeginAsync(host ?? DemoHost);
        var done = await ReturnAsync(await AuthorizeAsync(location, session), state);
        Assert.StartsWith("HTTP/1.1 303 ", done);
        return CookieOf(done, DoorCookies.PlainTicket);
    }

    /// <summary>Somebody with a ticket.</summary>
    public async Task<string> TicketAsync(string name, string? host = null) => await DanceAsync(await SignInAsync(name), host);

    /// <summary>A ticket of a session that has so much time left, or ended so long ago.</summary>
    public async Task<string> AgedTicketAsync(string name, TimeSpan left)
    {
        await SignInAsync(name);
        await ConsentAsync(name);
        var tickets = new DoorTickets(DoorTickets.KeyIn(Hub.Services.GetRequiredService<HubOptions>().DataDirectory), Hub.Time);
        var session = Sessions.List(name)[0].Session;
        return $"{DoorCookies.PlainTicket}={tickets.Issue(Host, TicketKind.Session, new DoorKey(name, session.TokenId), left)}";
    }

    /// <summary>An upgrade; the head of the answer.</summary>
    public async Task<(RawPeer Peer, string Head)> UpgradeAsync(params string[] fields)
    {
        var peer = await RawPeer.ConnectAsync(Port);
        var lines = string.Concat(fields.Where(static f => f.Length > 0).Select(static f => f + "\r\n"));
        await peer.SendAsync(
            $"GET /ws HTTP/1.1\r\nHost: {DemoHost}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{lines}\r\n");
        return (peer, await peer.ReadHeadAsync());
    }

    /// <summary>An application that accepts every upgrade and sends back what it gets.</summary>
    public static RawServer Upgrading() => new(async peer =>
    {
        await peer.ReadHeadAsync();
        await peer.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
        while (true)
            await peer.SendAsync(await peer.ReadAsync(1));
    });

    public static string LocationOf(string answer) => Location().Match(answer).Groups[1].Value;

    /// <summary>The first cookie of an answer whose name begins so, as a request has it.</summary>
    public static string CookieOf(string answer, string name) =>
        Regex.Match(answer, $"\r\nSet-Cookie: ({Regex.Escape(name)}[^;\r\n]*)").Groups[1].Value;

    public async ValueTask DisposeAsync()
    {
        await Hub.DisposeAsync();
        await App.DisposeAsync();
    }

    [GeneratedRegex("\r\nLocation: ([^\r\n]+)")]
    private static partial Regex Location();
}
