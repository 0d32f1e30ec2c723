using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Tests.Tunnels;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tests.Access;

/// <summary>One place decides, for every slice: what roles and scopes may and may not.</summary>
public sealed partial class PermissionTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_token_does_what_its_scopes_say_and_nothing_else()
    {
        await using var hub = await TestHub.StartAsync();
        var reader = await ScopedAsync(hub, "ann", "tunnels:read");
        using var api = hub.Api(reader);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(api, HttpMethod.Get, "tunnels"));
        foreach (var (method, path) in new[] { ("POST", "tunnels"), ("DELETE", "tunnels/x"), ("GET", "tokens"), ("POST", "tokens"), ("GET", "audit") })
        {
            using var answer = await api.SendAsync(new HttpRequestMessage(new HttpMethod(method), "/api/v1/" + path), Ct);
            Assert.Equal((path, HttpStatusCode.Forbidden), (path, answer.StatusCode));
            Assert.Contains("lacks the scope", await answer.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_link_is_held_by_who_may_write_tunnels()
    {
        await using var hub = await TestHub.StartAsync();
        var writer = await ScopedAsync(hub, "ann", "tunnels:write");
        await hub.LinkAsync(writer, "writer");
        using var reader = hub.Api(await ScopedAsync(hub, "ann", "tunnels:read"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/_adit/link");
        using var answer = await reader.SendAsync(request, Ct);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Single(hub.Links.Links);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_scope_of_a_project_does_not_reach_what_is_in_none()
    {
        await using var hub = await TestHub.StartAsync();
        var narrow = await ScopedAsync(hub, "ann", "tunnels:write!project=churn");
        var client = await hub.LinkAsync(narrow);
        using var answer = await hub.PostAsync(Http("demo", client), narrow);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains("in projects only", await answer.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_auditor_sees_everything_and_changes_nothing()
    {
        await using var hub = await TestHub.StartAsync();
        var ann = (await hub.TokenAsync("ann")).Secret!;
        var client = await hub.LinkAsync(ann);
        await hub.CreateAsync(Http("demo", client), ann);
        using var api = hub.Api(await AuditorAsync(hub));
        Assert.Equal("demo", Assert.Single((await api.GetFromJsonAsync("/api/v1/tunnels", TunnelsJson.Default.TunnelList, Ct))!.Items).Name);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(api, HttpMethod.Get, "tunnels/demo/requests"));
        Assert.Contains((await api.GetFromJsonAsync("/api/v1/tokens", TokensJson.Default.TokenList, Ct))!.Items, static t => t.Account == "ann");

        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(api, HttpMethod.Delete, "tunnels/demo"));
        using (var change = await api.PatchAsJsonAsync("/api/v1/tunnels/demo", new ChangeTunnelRequest { Keep = true }, TunnelsJson.Default.ChangeTunnelRequest, Ct))
            Assert.Equal(HttpStatusCode.Forbidden, change.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(api, HttpMethod.Delete, $"tunnels/demo/servers/{client.Link}"));
        var id = (await api.GetFromJsonAsync("/api/v1/tokens", TokensJson.Default.TokenList, Ct))!.Items.Single(static t => t.Account == "ann").Id;
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(api, HttpMethod.Delete, "tokens/" + id));
        Assert.Single(hub.Registry.All);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_role_that_is_taken_away_is_gone_with_the_next_request()
    {
        await using var hub = await TestHub.StartAsync();
        using var api = hub.Api(await AuditorAsync(hub));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(api, HttpMethod.Get, "audit"));
        await hub.Services.GetRequiredService<AccountDirectory>().ChangeAsync("eve", static a => a with { Role = PlatformRole.User });
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(api, HttpMethod.Get, "audit"));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_one_may_not_see_answers_as_what_is_not_there()
    {
        await using var hub = await TestHub.StartAsync();
        var ann = (await hub.TokenAsync("ann")).Secret!;
        var bob = (await hub.TokenAsync("bob")).Secret!;
        await hub.CreateAsync(Http("demo", await hub.LinkAsync(ann)), ann);
        using var api = hub.Api(bob);
        foreach (var (method, path) in new[]
                 {
                     ("GET", "tunnels/{0}"), ("DELETE", "tunnels/{0}"), ("POST", "tunnels/{0}/sign-in-link"), ("GET", "tunnels/{0}/requests"),
                     ("GET", "tunnels/{0}/requests/1"), ("POST", "tunnels/{0}/requests/1/replay"), ("DELETE", "tunnels/{0}/servers/1"), ("PATCH", "tunnels/{0}"),
                 })
        {
            var (hidden, missing) = (await AskAsync("demo"), await AskAsync("nope"));
            Assert.Equal(HttpStatusCode.NotFound, hidden.Status);
            Assert.Equal(missing.Status, hidden.Status);
            Assert.Equal(missing.Body, hidden.Body.Replace("demo", "nope", StringComparison.Ordinal));

            async Task<(HttpStatusCode Status, string Body)> AskAsync(string name)
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), "/api/v1/" + string.Format(System.Globalization.CultureInfo.InvariantCulture, path, name));
                if (method == "PATCH")
                    request.Content = JsonContent.Create(new ChangeTunnelRequest { Keep = true }, TunnelsJson.Default.ChangeTunnelRequest);
                using var answer = await api.SendAsync(request, Ct);
                return (answer.StatusCode, RequestId.Replace(await answer.Content.ReadAsStringAsync(Ct), ""));
            }
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task An_admins_everyday_token_does_not_have_an_admins_rights()
    {
        await using var hub = await TestHub.StartAsync();
        using var admin = hub.Api();
        using var made = await admin.PostAsJsonAsync("/api/v1/tokens", new CreateTokenRequest { Name = "laptop" }, TokensJson.Default.CreateTokenRequest, Ct);
        var token = (await made.Content.ReadFromJsonAsync(TokensJson.Default.ApiToken, Ct))!;
        Assert.Equal("admin", token.Account);
        using var api = hub.Api(token.Secret);
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(api, HttpMethod.Get, "audit"));
    }

    [Fact(Timeout = 60_000)]
    public async Task The_description_of_the_api_names_the_scope_of_each_operation()
    {
        await using var hub = await TestHub.StartAsync();
        using var api = hub.Api();
        using var document = JsonDocument.Parse(await api.GetStringAsync("/api/v1/openapi.json", Ct));
        var create = document.RootElement.GetProperty("paths").GetProperty("/api/v1/tunnels").GetProperty("post");
        Assert.Equal("tunnels:write", create.GetProperty("x-adit-scope").GetString());
        Assert.Contains("`tunnels:write`", create.GetProperty("description").GetString(), StringComparison.Ordinal);
    }

    private static async Task<string> AuditorAsync(TestHub hub)
    {
        var token = await hub.TokenAsync("eve");
        await hub.Services.GetRequiredService<AccountDirectory>().ChangeAsync("eve", static a => a with { Role = PlatformRole.Auditor });
        return token.Secret!;
    }

    private static async Task<string> ScopedAsync(TestHub hub, string account, params string[] scopes)
    {
        using var api = hub.Api();
        using var answer = await api.PostAsJsonAsync(
            "/api/v1/tokens", new CreateTokenRequest { Name = "scoped", Account = account, Scopes = scopes }, TokensJson.Default.CreateTokenRequest, Ct);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync(TokensJson.Default.ApiToken, Ct))!.Secret!;
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient api, HttpMethod method, string path)
    {
        using var answer = await api.SendAsync(new HttpRequestMessage(method, "/api/v1/" + path), Ct);
        return answer.StatusCode;
    }

    private static CreateTunnelRequest Http(string name, TestClient client) =>
        new() { Name = name, Kind = TunnelKind.Http, Target = "http://127.0.0.1:1", Link = client.Link };

    [GeneratedRegex("\"requestId\":\"[^\"]*\"")]
    private static partial Regex RequestId { get; }
}
