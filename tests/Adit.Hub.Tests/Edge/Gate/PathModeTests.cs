using System.Net;
using System.Text.RegularExpressions;
using Adit.Api;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Tests.Edge.Forwarding;
using Adit.Hub.Tests.Tunnels;

namespace Adit.Hub.Tests.Edge.Gate;

/// <summary>Tunnels below paths of one host: their owners' alone, each with a ticket of its own.</summary>
public sealed class PathModeTests
{
    private const string Host = "apps.example.test";
    private const string Demo = "/w/admin/demo";

    [Fact(Timeout = 60_000)]
    public async Task An_owner_comes_in_by_the_path_and_the_application_gets_what_is_below_it_byte_for_byte()
    {
        await using var doors = await StartAsync();
        var ticket = await TicketAsync(doors, Demo + "/a%2Fb//c/../d?x=%20&y=/w/", expected: Demo + "/a%2Fb//c/../d?x=%20&y=/w/");
        var answer = await GetAsync(doors, Demo + "/a%2Fb//c/../d?x=%20&y=/w/", $"Cookie: a=b; {ticket}", "X-Forwarded-Prefix: /evil", "X_Forwarded_Prefix: /evil");
        Assert.StartsWith("HTTP/1.1 200 ", answer);
        Assert.Contains("\r\nGET /a%2Fb//c/../d?x=%20&y=/w/ HTTP/1.1\r\n", "\r\n" + Body(answer));
        Assert.Contains($"\r\nX-Forwarded-Prefix: {Demo}\r\n", answer);
        Assert.Contains("\r\nX-Forwarded-User: admin\r\n", answer);
        Assert.Contains("\r\nCookie: a=b\r\n", answer);
        Assert.DoesNotContain("evil", answer);
    }

    [Fact(Timeout = 60_000)]
    public async Task Path_mode_by_non_owner_is_refused_like_what_does_not_exist()
    {
        await using var doors = await StartAsync("public"); // Whatever the policy says.
        var anna = await doors.SignInAsync("anna");
        var token = (await doors.Hub.TokenAsync("carl")).Secret;
        string[] places = [Demo, "/w/admin/none", "/w/nobody/demo"];

        // A stranger, and a browser with a session at the hub: led to sign in, and there is nothing there.
        var asked = new List<string>();
        foreach (var place in places)
        {
            var away = await GetAsync(doors, place + "/", DoorHub.Navigate);
            Assert.StartsWith("HTTP/1.1 302 ", away);
            var refused = await doors.AskAsync(DoorHub.LocationOf(away), anna);
            Assert.StartsWith("HTTP/1.1 404 ", refused);
            asked.Add(Body(refused).Replace(place, "PLACE", StringComparison.Ordinal));
        }

        Assert.Single(asked.Distinct());

        // A program: with a token that is good, and without.
        foreach (var fields in new[] { $"Authorization: Bearer {token}", "Accept: application/json" })
        {
            var answers = new List<string>();
            foreach (var place in places)
                answers.Add(Regex.Replace(await GetAsync(doors, place + "/", fields), "demo|none|X-Request-Id: .*|Date: .*|\"requestId\":\"[^\"]*\"", "_"));
            Assert.StartsWith(fields.Contains(token!, StringComparison.Ordinal) ? "HTTP/1.1 404 " : "HTTP/1.1 401 ", answers[0]);
            Assert.Single(answers.Distinct());
        }

        Assert.Contains("\r\nX-Forwarded-User: admin\r\n", await GetAsync(doors, Demo + "/x", $"Authorization: Bearer {doors.Hub.AdminToken}"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_ticket_is_for_one_path_and_neither_for_another_nor_for_a_host()
    {
        await using var doors = await StartAsync();
        await doors.TunnelAsync("other", "owner");
        var ofPath = await TicketAsync(doors, Demo + "/x");
        var ofHost = await doors.TicketAsync("admin");
        foreach (var (host, target, ticket) in new[] { (Host, "/w/admin/other/x", ofPath), (DoorHub.Host, "/x", ofPath), ("other.adit.test", "/x", ofPath), (Host, Demo + "/x", ofHost) })
            Assert.StartsWith("HTTP/1.1 401 ", await doors.SendAsync("GET", At(doors, host), target, $"Cookie: {ticket}"));
        Assert.StartsWith("HTTP/1.1 200 ", await GetAsync(doors, Demo + "/x", $"Cookie: {ofPath}"));

        // Nor is a code: it comes back to the path that it was asked for.
        var (location, state) = await doors.BeginAsync(At(doors, Host), Demo + "/x");
        var callback = await doors.AuthorizeAsync(location, await doors.SignInAsync("admin"));
        Assert.StartsWith($"http://{At(doors, Host)}{Demo}/_adit/callback?", callback);
        Assert.StartsWith("HTTP/1.1 400 ", await doors.ReturnAsync(callback.Replace("/demo/", "/other/", StringComparison.Ordinal), state));
    }

    [Fact(Timeout = 60_000)]
    public async Task Cookies_are_of_the_path_and_the_way_back_does_not_leave_it()
    {
        await using var doors = await StartAsync(trusted: true);
        var answer = await GetAsync(doors, Demo + "/x", DoorHub.Navigate, "X-Forwarded-Proto: https");
        Assert.Matches($"Set-Cookie: __Secure-adit_s_[^=]+=[^;]+; Path={Demo}/; Max-Age=300; HttpOnly; SameSite=Lax; Secure\r\n", answer);
        var start = await GetAsync(doors, Demo + "/_adit/start?to=/w/admin/other/", DoorHub.Navigate);
        var url = new Uri(await doors.AuthorizeAsync(DoorHub.LocationOf(start), await doors.SignInAsync("admin")));
        var done = await doors.SendAsync("GET", url.Authority, url.PathAndQuery, DoorHub.Navigate, $"Cookie: {DoorHub.CookieOf(start, "adit_state_")}");
        Assert.Contains($"\r\nLocation: {Demo}/\r\n", done);
        var page = await GetAsync(doors, Demo + "/_adit/sign-in", "Accept: text/html");
        Assert.Contains($"action=\"{Demo}/_adit/sign-in\"", page);
        Assert.StartsWith("HTTP/1.1 303 ", await doors.PostAsync(
            At(doors, Host), Demo + "/_adit/sign-in", $"token={doors.Hub.AdminToken}&to={Demo}/y", "Sec-Fetch-Site: same-origin"));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("Location: /login?next=/", $"Location: {Demo}/login?next=/")]
    [InlineData($"Location: {Demo}/login", $"Location: {Demo}/login")]
    [InlineData("Location: /w/admin/demonstration", $"Location: {Demo}/w/admin/demonstration")]
    [InlineData("Location: login", "Location: login")]
    [InlineData("Location: //elsewhere.example/x", "Location: //elsewhere.example/x")]
    [InlineData("Location: https://elsewhere.example/x", "Location: https://elsewhere.example/x")]
    [InlineData("Location: http://apps.example.test:PORT/x?y#z", $"Location: http://apps.example.test:PORT{Demo}/x?y#z")]
    [InlineData("Location: http://apps.example.test:PORT", $"Location: http://apps.example.test:PORT{Demo}/")]
    [InlineData("Set-Cookie: a=b; Path=/; HttpOnly", $"Set-Cookie: a=b; Path={Demo}/; HttpOnly")]
    [InlineData("Set-Cookie: path=/x; path=/api; Max-Age=9", $"Set-Cookie: path=/x; Path={Demo}/api; Max-Age=9")]
    [InlineData($"Set-Cookie: a=b; Path={Demo}/", $"Set-Cookie: a=b; Path={Demo}/")]
    [InlineData("Set-Cookie: a=b", "Set-Cookie: a=b")]
    [InlineData("Set-Cookie: __Secure-adit_t=x; Path=/", null)]
    [InlineData("Service-Worker-Allowed: /", null)]
    [InlineData("Clear-Site-Data: \"storage\"", null)]
    public async Task What_an_application_says_of_its_root_is_put_below_the_path(string said, string? heard)
    {
        await using var app = new RawServer(async peer =>
        {
            while (true)
            {
                var head = await peer.ReadHeadAsync();
                var port = Regex.Match(head, @"\r\nHost: [^:]+:(\d+)").Groups[1].Value;
                await peer.SendAsync($"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n{said.Replace("PORT", port, StringComparison.Ordinal)}\r\n\r\n");
            }
        });
        await using var doors = await StartAsync(app: app);
        var port = doors.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var answer = await GetAsync(doors, Demo + "/x", $"Authorization: Bearer {doors.Hub.AdminToken}");
        Assert.StartsWith("HTTP/1.1 302 ", answer);
        if (heard is null)
            Assert.DoesNotContain(said[..said.IndexOf(':', StringComparison.Ordinal)], answer);
        else
            Assert.Contains($"\r\n{heard.Replace("PORT", port, StringComparison.Ordinal)}\r\n", answer);

        // On the application's own host nothing of that is anybody's business.
        if (!said.Contains("adit_t", StringComparison.Ordinal) && !said.Contains("apps.example", StringComparison.Ordinal))
            Assert.Contains($"\r\n{said}\r\n", await doors.GetAsync("/x", $"Authorization: Bearer {doors.Hub.AdminToken}"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_websocket_passes_and_ends_with_the_session()
    {
        await using var doors = await StartAsync(app: DoorHub.Upgrading());
        var ticket = await TicketAsync(doors, Demo + "/x");
        await using var peer = await RawPeer.ConnectAsync(doors.Port);
        await peer.SendAsync(
            $"GET {Demo}/ws HTTP/1.1\r\nHost: {At(doors, Host)}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                + $"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://{At(doors, Host)}\r\nCookie: {ticket}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 101 ", await peer.ReadHeadAsync());
        const string Frame = "\u0081\u0081\0\0\0\0x";
        await peer.SendAsync(Frame);
        Assert.Equal(Frame, await peer.ReadAsync(Frame.Length));
        await doors.Sessions.EndAsync([.. doors.Sessions.List("admin").Select(static s => s.Session.Id)]);
        Assert.EndsWith("Not signed in any more.", await peer.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact(Timeout = 60_000)]
    public async Task Only_a_path_as_it_is_written_leads_somewhere_and_the_hub_itself_is_not_there()
    {
        await using var doors = await StartAsync();
        var token = $"Authorization: Bearer {doors.Hub.AdminToken}";
        foreach (var target in new[] { "/", "/w/", "/w/admin", "/w/admin/", "/W/admin/demo/", "/w/%61dmin/demo/", "/w/admin/demo%2F/", "//w/admin/demo/", "/x/../w/admin/demo/", "/w/Admin/demo/", "/api/v1/tunnels", "/sign-in", "/apps/authorize" })
            Assert.StartsWith("HTTP/1.1 404 ", await GetAsync(doors, target, token));
        foreach (var (bare, location) in new[] { (Demo, Demo + "/"), (Demo + "?x=1", Demo + "/?x=1") })
        {
            var answer = await GetAsync(doors, bare, token);
            Assert.StartsWith("HTTP/1.1 308 ", answer);
            Assert.Contains($"\r\nLocation: {location}\r\n", answer);
        }

        var absolute = await GetAsync(doors, $"http://{At(doors, Host)}{Demo}/x", token);
        Assert.Contains("GET /x HTTP/1.1\r\n", Body(absolute));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_rule_refuses_it_refuses_below_the_path_too()
    {
        await using var doors = await StartAsync(rules: [new AccessRule { Allow = false, Who = ["public"], Paths = ["/admin/*"] }]);
        var token = $"Authorization: Bearer {doors.Hub.AdminToken}";
        Assert.StartsWith("HTTP/1.1 200 ", await GetAsync(doors, Demo + "/x", token));
        Assert.False((await GetAsync(doors, Demo + "/admin/x", token)).StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal));
        Assert.False((await GetAsync(doors, Demo + "/%61dmin", token)).StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task No_tunnel_takes_the_host_and_an_owner_is_told_where_its_tunnel_is()
    {
        await using var doors = await StartAsync();
        var client = await doors.Hub.LinkAsync(name: "second");
        using var taken = await doors.Hub.PostAsync(
            new CreateTunnelRequest { Name = "grab", Kind = TunnelKind.Http, Target = "http://127.0.0.1:1", Link = client.Link, Hosts = [Host] });
        Assert.Equal((HttpStatusCode.Conflict, "host-taken"), (taken.StatusCode, await TestHub.CodeAsync(taken)));
        var tunnel = await doors.TunnelAsync("told", "owner");
        Assert.Equal($"http://{At(doors, Host)}/w/admin/told/", tunnel.PathUrl);
    }

    [Fact(Timeout = 60_000)]
    public async Task Without_the_setting_there_is_no_path_mode()
    {
        await using var doors = await DoorHub.StartAsync();
        Assert.StartsWith("HTTP/1.1 404 ", await GetAsync(doors, Demo + "/x", $"Authorization: Bearer {doors.Hub.AdminToken}"));
    }

    [Theory]
    [InlineData("/w/anna/demo/x?y", "anna", "demo", "/x?y")]
    [InlineData("/w/a.b-c_d/demo", "a.b-c_d", "demo", "")]
    [InlineData("/w/anna/demo?x=/", "anna", "demo", "?x=/")]
    [InlineData("/w/anna/demo//", "anna", "demo", "//")]
    public void A_place_is_read_as_it_stands(string target, string owner, string name, string rest) =>
        Assert.Equal(new PathPlace(owner, name, $"/w/{owner}/{name}", rest), PathPlace.Of(target));

    private static Task<DoorHub> StartAsync(string access = "owner", IReadOnlyList<AccessRule>? rules = null, RawServer? app = null, bool trusted = false) =>
        DoorHub.StartAsync(access, rules, app, change: o => o with { PathHost = Host, TrustedProxies = trusted ? ["127.0.0.1"] : [] });

    private static string At(DoorHub doors, string host) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{host}:{doors.Port}");

    private static Task<string> GetAsync(DoorHub doors, string target, params string[] fields) => doors.SendAsync("GET", At(doors, Host), target, fields);

    private static async Task<string> TicketAsync(DoorHub doors, string target, string? expected = null)
    {
        var (location, state) = await doors.BeginAsync(At(doors, Host), target);
        Assert.StartsWith($"http://{doors.HubHost}/apps/authorize?app_host={Uri.EscapeDataString(Host + Demo)}&challenge=", location);
        var done = await doors.ReturnAsync(await doors.AuthorizeAsync(location, await doors.SignInAsync("admin")), state);
        Assert.StartsWith("HTTP/1.1 303 ", done);
        Assert.Contains($"\r\nLocation: {expected ?? target}\r\n", done);
        Assert.Matches($"Set-Cookie: adit_ticket=[^;]+; Path={Demo}/; HttpOnly; SameSite=Lax\r\n", done);
        return DoorHub.CookieOf(done, DoorCookies.PlainTicket);
    }

    private static string Body(string answer) => answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
}
