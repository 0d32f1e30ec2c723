using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using Adit.Api;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Tests.Edge.Forwarding;
using Adit.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tests.Edge.Gate;

/// <summary>Grants whose visitors need a signature of the customer's server, and grants that have limits.</summary>
public sealed class SignedEmbedTests
{
    private const string Entry = "/_adit/embed/the-secret";
    private const string Frame = "Sec-Fetch-Dest: iframe\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate";

    [Fact]
    public async Task A_signature_lets_one_visitor_in_and_is_gone_from_the_address()
    {
        await using var doors = await DoorHub.StartAsync("owner");
        var grant = await GrantAsync(doors);
        Assert.StartsWith("adit_embed_", grant.Key);
        Assert.Equal($"/_adit/embed/{grant.Id}", new Uri(grant.Url!).PathAndQuery);
        var entered = await EnterAsync(doors, grant, Sign(grant.Key!, Claims(sub: "Zoë, of Köln")), "&to=/dash?x=1");
        Assert.StartsWith("HTTP/1.1 303 ", entered);
        Assert.Contains("\r\nLocation: /dash?x=1\r\n", entered);
        Assert.Contains("\r\nReferrer-Policy: no-referrer\r\n", entered);
        Assert.Matches("Set-Cookie: adit_embed=[^;]+; Path=/; Max-Age=43200; HttpOnly; SameSite=None; Secure; Partitioned\r\n", entered);
        var cookie = DoorHub.CookieOf(entered, "adit_embed");
        var page = await doors.GetAsync("/dash", $"Cookie: {cookie}", Frame, "X-Adit-Visitor: somebody else", "X_Adit_Visitor: neither");
        Assert.StartsWith("HTTP/1.1 200 ", page);
        Assert.Contains("\r\nContent-Security-Policy: frame-ancestors https://blog.example\r\n", page);
        Assert.Contains("\r\nX-Adit-Visitor: Zo%C3%AB%2C%20of%20K%C3%B6ln\r\n", page);
        Assert.DoesNotContain("somebody else", page);
        Assert.DoesNotContain("neither", page);
        Assert.DoesNotContain(cookie, page);
    }

    [Fact]
    public async Task A_signature_is_good_once_also_after_a_restart()
    {
        await using var doors = await DoorHub.StartAsync("owner");
        var grant = await GrantAsync(doors);
        var token = Sign(grant.Key!, Claims(id: "visit-0001", issued: TimeProvider.System.GetUtcNow()));
        Assert.StartsWith("HTTP/1.1 303 ", await EnterAsync(doors, grant, token));
        var again = await EnterAsync(doors, grant, token);
        Assert.StartsWith("HTTP/1.1 403 ", again);
        Assert.Contains("it was used before", again);
        Assert.Contains("it was used before", await EnterAsync(doors, grant, Sign(grant.Key!, Claims(id: "visit-0001"))));

        // Of another grant the same id is another visit.
        var other = await GrantAsync(doors);
        Assert.StartsWith("HTTP/1.1 303 ", await EnterAsync(doors, other, Sign(other.Key!, Claims(id: "visit-0001"))));

        var used = new UsedSignatures(new ManualTimeProvider(TimeProvider.System.GetUtcNow().AddSeconds(5)));
        var claims = new EmbedClaims("visit-0002", null, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        Assert.Equal("it was signed before the hub started; a new one is good", used.Use(grant.Id, claims));
    }

    [Fact]
    public async Task A_key_is_the_same_after_a_restart_and_not_in_the_database()
    {
        await using var doors = await DoorHub.StartAsync("owner");
        var grant = await GrantAsync(doors);
        var data = doors.Hub.Services.GetRequiredService<HubOptions>().DataDirectory;
        Assert.Equal(grant.Key, new Adit.Hub.Access.Doors.EmbedKeys(data).TextOf(grant.Id));
        foreach (var file in Directory.EnumerateFiles(data, "adit.db*"))
        {
            await using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(open, Encoding.Latin1);
            Assert.DoesNotContain(grant.Key!, await reader.ReadToEndAsync());
        }

        using var api = doors.Hub.Api();
        var listed = (await api.GetFromJsonAsync("/api/v1/tunnels/demo/embeds", AccessJson.Default.EmbedGrantList))!.Items.Single();
        Assert.Null(listed.Key);
        Assert.Equal((true, grant.Url), (listed.IsSigned, listed.Url));
    }

    [Theory]
    [InlineData("none", "its header does not say HS256")]
    [InlineData("None", "its header does not say HS256")]
    [InlineData("HS512", "its header does not say HS256")]
    [InlineData("hs256", "its header does not say HS256")]
    [InlineData("RS256", "its header does not say HS256")]
    [InlineData("crit", "its header does not say HS256")]
    [InlineData("array", "its header does not say HS256")]
    [InlineData("unsigned", "its signature is not right")]
    [InlineData("cut", "its signature is not right")]
    [InlineData("other key", "its signature is not right")]
    [InlineData("other claims", "its signature is not right")]
    [InlineData("other host", "its 'aud' is not this host")]
    [InlineData("parent domain", "its 'aud' is not this host")]
    [InlineData("no host", "its 'aud' is not this host")]
    [InlineData("expired", "it has expired")]
    [InlineData("long", "its 'exp' is more than 60 seconds ahead")]
    [InlineData("endless", "it has no 'exp'")]
    [InlineData("exp as text", "it has no 'exp'")]
    [InlineData("not yet", "it is not valid yet")]
    [InlineData("signed tomorrow", "its 'iat' is in the future: set the clock of the server that signs")]
    [InlineData("name is a number", "its 'sub' is no text")]
    [InlineData("no id", "it has no 'jti' of 8 to 128 characters")]
    [InlineData("short id", "it has no 'jti' of 8 to 128 characters")]
    [InlineData("long id", "it has no 'jti' of 8 to 128 characters")]
    [InlineData("long name", "its 'sub' is empty, longer than 100 bytes, or has control characters")]
    [InlineData("line break", "its 'sub' is empty, longer than 100 bytes, or has control characters")]
    [InlineData("no object", "what it says is not a JSON object")]
    [InlineData("deep", "what it says is not a JSON object")]
    [InlineData("two parts", "it is not a JSON Web Token of three parts")]
    [InlineData("four parts", "it is not a JSON Web Token of three parts")]
    [InlineData("empty", "it is not a JSON Web Token of three parts")]
    [InlineData("huge", "it is not a JSON Web Token of three parts")]
    [InlineData("not base64url", "it is not a JSON Web Token of three parts")]
    public void A_signature_that_is_not_just_right_does_not_count(string what, string why)
    {
        const string Key = "adit_embed_the-key-of-this-grant";
        const string Other = "adit_embed_the-key-of-another-one";
        var good = Sign(Key, Claims());
        var parts = good.Split('.');
        var token = what switch
        {
            "none" or "None" => $"{Encode($"{{\"alg\":\"{what}\"}}")}.{parts[1]}.",
            "HS512" or "hs256" or "RS256" => Sign(Key, Claims(), $$"""{"alg":"{{what}}","typ":"JWT"}"""),
            "crit" => Sign(Key, Claims(), """{"alg":"HS256","crit":["exp"]}"""),
            "array" => Sign(Key, Claims(), """["HS256"]"""),
            "unsigned" => $"{parts[0]}.{parts[1]}.",
            "cut" => $"{parts[0]}.{parts[1]}.{parts[2][..20]}",
            "other key" => Sign(Other, Claims()),
            "other claims" => $"{parts[0]}.{Encode(Claims(id: "another-visit"))}.{parts[2]}",
            "other host" => Sign(Key, Claims(host: "other.adit.test")),
            "parent domain" => Sign(Key, Claims(host: "adit.test")),
            "no host" => Sign(Key, Claims(host: null)),
            "expired" => Sign(Key, Claims(seconds: 0)),
            "long" => Sign(Key, Claims(seconds: 62)),
            "endless" => Sign(Key, Claims(seconds: null)),
            "exp as text" => Sign(Key, """{"aud":"demo.adit.test","jti":"12345678","exp":"9999999999"}"""),
            "not yet" => Sign(Key, Claims(more: $",\"nbf\":{Now + 30}")),
            "signed tomorrow" => Sign(Key, Claims(issued: DateTimeOffset.FromUnixTimeSeconds(Now + 86_400))),
            "name is a number" => Sign(Key, Claims(more: ",\"sub\":7")),
            "no id" => Sign(Key, Claims(id: null)),
            "short id" => Sign(Key, Claims(id: "1234567")),
            "long id" => Sign(Key, Claims(id: new string('x', 129))),
            "long name" => Sign(Key, Claims(sub: new string('ö', 51))),
            "line break" => Sign(Key, Claims(sub: "a\\nb")),
            "no object" => Sign(Key, "[1]"),
            "deep" => Sign(Key, """{"a":{"b":{"c":{"d":{"e":1}}}}}"""),
            "two parts" => $"{parts[0]}.{parts[1]}",
            "four parts" => good + ".x",
            "huge" => Sign(Key, Claims(more: $",\"x\":\"{new string('x', 2_000)}\"")),
            "not base64url" => $"{parts[0]}.{parts[1]}!.{parts[2]}",
            _ => "",
        };
        var key = Encoding.ASCII.GetBytes(Key);
        Assert.True(EmbedSignature.TryRead(good, key, DoorHub.Host, TimeProvider.System.GetUtcNow(), out _, out _));
        Assert.False(EmbedSignature.TryRead(token, key, DoorHub.Host, TimeProvider.System.GetUtcNow(), out var claims, out var said));
        Assert.Equal((null, why), (claims, said));
    }

    [Fact]
    public async Task The_page_around_may_show_why_somebody_is_not_let_in()
    {
        await using var doors = await DoorHub.StartAsync("owner");
        var grant = await GrantAsync(doors);
        foreach (var query in (string[])["", "?g=", "?g=a.b.c"])
        {
            var refused = await doors.GetAsync(new Uri(grant.Url!).PathAndQuery + query, Frame, "Accept: text/html");
            Assert.StartsWith("HTTP/1.1 403 ", refused);
            Assert.Contains("; frame-ancestors https://blog.example;", refused);
            Assert.DoesNotContain("X-Frame-Options", refused);
            Assert.DoesNotContain("Set-Cookie", refused);
            Assert.Contains("<h1>Not let in</h1>", refused);
        }

        // The id of a grant without key opens nothing: it is in lists and logs.
        var plain = await GrantAsync(doors, static r => r with { IsSigned = false });
        Assert.StartsWith("HTTP/1.1 404 ", await doors.GetAsync($"/_adit/embed/{plain.Id}", Frame));
    }

    [Fact]
    public async Task What_came_in_by_a_signature_ends_after_twelve_hours()
    {
        var time = new ManualTimeProvider();
        await using var server = RawServer.Echoing();
        using var data = new TempDirectory();
        var key = "adit_embed_the-key"u8.ToArray();
        await using var edge = await StartAsync(server.Port, data, time, new EmbedGrant("g1", "demo", ["https://blog.example"], null) { Key = key, Use = new EmbedUse(null, null, time) });
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var token = Sign("adit_embed_the-key", $$"""{"aud":["x","DEMO.adit.test"],"exp":{{now + 60}},"iat":{{now}},"jti":"12345678"}""");
        var cookie = DoorHub.CookieOf(await edge.ExchangeAsync(Request($"/_adit/embed/g1?g={token}")), "adit_embed");
        time.Advance(TimeSpan.FromHours(11.9));
        Assert.StartsWith("HTTP/1.1 200 ", await edge.ExchangeAsync(Request("/x", cookie)));
        time.Advance(TimeSpan.FromHours(0.2));
        Assert.StartsWith("HTTP/1.1 401 ", await edge.ExchangeAsync(Request("/x", cookie)));
    }

    [Fact]
    public async Task No_more_visitors_are_in_than_a_grant_allows_and_who_left_makes_room()
    {
        var time = new ManualTimeProvider();
        await using var server = RawServer.Echoing();
        using var data = new TempDirectory();
        var use = new EmbedUse(2, null, time);
        await using var edge = await StartAsync(server.Port, data, time, new EmbedGrant("g1", "demo", ["https://blog.example"], null) { Use = use });
        var one = DoorHub.CookieOf(await edge.ExchangeAsync(Request(Entry)), "adit_embed");
        Assert.StartsWith("HTTP/1.1 303 ", await edge.ExchangeAsync(Request(Entry)));
        var full = await edge.ExchangeAsync(Request(Entry));
        Assert.StartsWith("HTTP/1.1 429 ", full);
        Assert.Contains("\r\nRetry-After: 60\r\n", full);
        Assert.Contains("demo has as many visitors in this frame as it may", full);
        Assert.Contains("frame-ancestors https://blog.example", full);

        // Who is in stays in, and keeps its place by what it does; the other has gone.
        time.Advance(TimeSpan.FromMinutes(3));
        Assert.StartsWith("HTTP/1.1 200 ", await edge.ExchangeAsync(Request("/x", one)));
        time.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(1, use.Visitors);
        Assert.StartsWith("HTTP/1.1 303 ", await edge.ExchangeAsync(Request(Entry)));
        Assert.StartsWith("HTTP/1.1 429 ", await edge.ExchangeAsync(Request(Entry)));
    }

    [Fact]
    public void Who_has_something_open_is_there_however_long_it_is_silent()
    {
        var time = new ManualTimeProvider();
        var use = new EmbedUse(1, null, time);
        Assert.Equal(EmbedLimit.None, use.Enter("one", out _));
        time.Advance(TimeSpan.FromHours(3));
        Assert.Equal(EmbedLimit.Visitors, use.Enter("two", out _));
        use.Leave("one");
        time.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal(EmbedLimit.Visitors, use.Enter("two", out _));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(EmbedLimit.None, use.Enter("two", out _));
        Assert.Equal(EmbedLimit.Visitors, use.Enter("one", out _));
    }

    [Fact]
    public async Task Requests_of_a_day_come_to_an_end_and_begin_again_at_midnight()
    {
        var time = new ManualTimeProvider(new DateTimeOffset(2030, 5, 6, 23, 0, 0, TimeSpan.Zero));
        await using var server = RawServer.Echoing();
        using var data = new TempDirectory();
        var use = new EmbedUse(null, 3, time);
        await using var edge = await StartAsync(server.Port, data, time, new EmbedGrant("g1", "demo", ["https://blog.example"], null) { Use = use });
        var cookie = DoorHub.CookieOf(await edge.ExchangeAsync(Request(Entry)), "adit_embed");
        for (var i = 0; i < 3; i++)
            Assert.StartsWith("HTTP/1.1 200 ", await edge.ExchangeAsync(Request("/x", cookie)));
        var spent = await edge.ExchangeAsync(Request("/x", cookie));
        Assert.StartsWith("HTTP/1.1 429 ", spent);
        Assert.Contains("<h1>Used up for today</h1>", spent);
        Assert.Contains("\r\nRetry-After: 3600\r\n", spent);
        Assert.Equal(3, use.RequestsToday);
        time.ShiftWallClock(TimeSpan.FromHours(-30));
        Assert.StartsWith("HTTP/1.1 429 ", await edge.ExchangeAsync(Request("/x", cookie)));
        time.ShiftWallClock(TimeSpan.FromHours(30));
        time.Advance(TimeSpan.FromHours(1));
        Assert.StartsWith("HTTP/1.1 200 ", await edge.ExchangeAsync(Request("/x", cookie)));
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(10_001, null)]
    [InlineData(null, 0)]
    public async Task Limits_that_make_no_sense_are_refused(int? visitors, int? requests)
    {
        await using var doors = await DoorHub.StartAsync("owner");
        using var api = doors.Hub.Api();
        using var answer = await api.PostAsJsonAsync(
            "/api/v1/tunnels/demo/embeds",
            new CreateEmbedRequest { Ancestors = ["https://blog.example"], MaxVisitors = visitors, MaxRequestsPerDay = requests }, AccessJson.Default.CreateEmbedRequest);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public void Used_signatures_are_bounded_and_forgotten_when_they_are_worth_nothing()
    {
        var time = new ManualTimeProvider();
        var used = new UsedSignatures(time);
        for (var i = 0; i < UsedSignatures.MostOfGrant; i++)
            Assert.Null(used.Use("g", Of(i)));
        Assert.Equal("too many were used in the last minute", used.Use("g", Of(-1)));
        Assert.Null(used.Use("h", Of(-1)));
        Assert.Equal("it was used before", used.Use("g", Of(17)));
        time.Advance(TimeSpan.FromSeconds(66));
        Assert.Equal("it was used before", used.Use("g", Of(17)));
        Assert.Null(used.Use("g", Of(-1)));
        time.Advance(TimeSpan.FromSeconds(66));
        Assert.Null(used.Use("g", Of(17)));
        EmbedClaims Of(int i) => new(i.ToString(CultureInfo.InvariantCulture), null, time.GetUtcNow().ToUnixTimeSeconds());
    }

    [Fact]
    public void A_crowd_beyond_all_measure_is_let_in_where_there_is_no_limit_and_not_counted()
    {
        var use = new EmbedUse(null, null, new ManualTimeProvider());
        for (var i = 0; i < EmbedUse.MostKnown + 10; i++)
            Assert.Equal(EmbedLimit.None, use.Enter(i.ToString(CultureInfo.InvariantCulture), out _));
        Assert.Equal(EmbedUse.MostKnown, use.Visitors);
        use.Leave("not known");
        Assert.Equal(EmbedUse.MostKnown + 10, use.RequestsToday);
    }

    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    private static string Claims(
        string? host = DoorHub.Host, int? seconds = 30, string? id = "12345678", string? sub = null, DateTimeOffset? issued = null, string more = "")
    {
        var claims = new List<string> { $"\"iat\":{issued?.ToUnixTimeSeconds() ?? Now}" };
        if (host is not null)
            claims.Add($"\"aud\":\"{host}\"");
        if (seconds is { } s)
            claims.Add($"\"exp\":{Now + s}");
        if (id is not null)
            claims.Add($"\"jti\":\"{id}\"");
        if (sub is not null)
            claims.Add($"\"sub\":\"{sub}\"");
        return $"{{{string.Join(',', claims)}{more}}}";
    }

    private static string Sign(string key, string claims, string header = """{"alg":"HS256","typ":"JWT"}""")
    {
        var said = $"{Encode(header)}.{Encode(claims)}";
        return $"{said}.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.ASCII.GetBytes(key), Encoding.ASCII.GetBytes(said)))}";
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private static Task<string> EnterAsync(DoorHub doors, EmbedGrantView grant, string token, string more = "") =>
        doors.GetAsync($"{new Uri(grant.Url!).PathAndQuery}?g={token}{more}", Frame);

    private static string Request(string target, string cookie = "") =>
        $"GET {target} HTTP/1.1\r\nHost: demo.adit.test\r\nConnection: close\r\nAccept: text/html\r\n{Frame}\r\n{(cookie.Length > 0 ? $"Cookie: {cookie}\r\n" : "")}\r\n";

    private static Task<TestEdge> StartAsync(int port, TempDirectory data, TimeProvider time, EmbedGrant grant) => TestEdge.StartAsync(
        port,
        static r => new Route { Name = r.Name, Kind = r.Kind, Policy = new RoutePolicy { Owner = "ada" }, Upstream = r.Upstream, Meter = r.Meter },
        o => o with { DataDirectory = data.Path },
        time: time,
        services: s => s.AddSingleton<IDoorKeys>(new TestKeys()).AddSingleton<IEmbedGrants>(new OneGrant(grant, time)));

    private static async Task<EmbedGrantView> GrantAsync(DoorHub doors, Func<CreateEmbedRequest, CreateEmbedRequest>? change = null)
    {
        using var api = doors.Hub.Api();
        var request = new CreateEmbedRequest { Ancestors = ["https://blog.example"], IsSigned = true };
        using var answer = await api.PostAsJsonAsync("/api/v1/tunnels/demo/embeds", change?.Invoke(request) ?? request, AccessJson.Default.CreateEmbedRequest);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync(AccessJson.Default.EmbedGrantView))!;
    }

    private sealed class OneGrant(EmbedGrant grant, TimeProvider time) : IEmbedGrants
    {
        public UsedSignatures Signatures { get; } = new(time);

        public EmbedGrant? Find(string id) => id == grant.Id ? grant : null;

        public EmbedGrant? FindBySecret(string secret) => secret == "the-secret" ? grant : null;
    }
}
