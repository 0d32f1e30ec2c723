using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Tests.Access;
using Adit.Hub.Tests.Tunnels;

namespace Adit.Hub.Tests.Edge.Gate;

/// <summary>External routes as admins make and change them, and what the hub prints for the proxies.</summary>
public sealed class ExternalRouteTests
{
    private const string Path = "external-routes/wiki";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Two_admins_who_change_an_external_route_do_not_overwrite_each_other()
    {
        await using var hub = await TestHub.StartAsync();
        using (var made = await PutAsync(hub, "signed-in", ("If-None-Match", "*")))
            Assert.Equal(HttpStatusCode.OK, made.StatusCode);
        using (var again = await PutAsync(hub, "public", ("If-None-Match", "*")))
            Assert.Equal((HttpStatusCode.PreconditionFailed, "changed"), (again.StatusCode, await TestHub.CodeAsync(again)));
        string seen;
        using (var read = await hub.SendAsync(null, HttpMethod.Get, Path))
            seen = read.Headers.ETag!.ToString();
        using (var first = await PutAsync(hub, "group:staff", ("If-Match", seen)))
            Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        using (var second = await PutAsync(hub, "public", ("If-Match", seen)))
            Assert.Equal(HttpStatusCode.PreconditionFailed, second.StatusCode);
        Assert.Equal("group:staff", (await ReadAsync(hub)).Access);
        using (var whichever = await PutAsync(hub, "owner"))
            Assert.Equal(HttpStatusCode.OK, whichever.StatusCode);
        await hub.StatusAsync(null, HttpMethod.Delete, Path);
        using var gone = await PutAsync(hub, "public", ("If-Match", "*"));
        Assert.Equal(HttpStatusCode.PreconditionFailed, gone.StatusCode);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("caddy", "https://wiki.example.com, https://docs.example.com:8443 {", "reverse_proxy 10.0.0.7:8081", "forward_auth http://hub.internal:8080 {")]
    [InlineData("traefik", "Host(`wiki.example.com`) || Host(`docs.example.com`)", "http://10.0.0.7:8081", "address: http://hub.internal:8080/authz/forward-auth", "[__Host-adit_t]")]
    [InlineData("nginx", "# Inside of the server block of wiki.example.com, docs.example.com.", "proxy_pass http://10.0.0.7:8081;", "proxy_pass http://hub.internal:8080/authz/auth-request;")]
    public async Task The_hub_prints_what_a_proxy_needs(string proxy, params string[] parts)
    {
        await using var hub = await TestHub.StartAsync();
        (await PutAsync(hub, "signed-in")).Dispose();
        using var answer = await hub.SendAsync(null, HttpMethod.Get, $"{Path}/proxies/{proxy}?to=10.0.0.7:8081&ask=http://hub.internal:8080");
        var configuration = (await answer.Content.ReadFromJsonAsync(AccessJson.Default.ProxyConfiguration, Ct))!;
        Assert.All(parts, part => Assert.Contains(part, configuration.Text, StringComparison.Ordinal));
        Assert.DoesNotContain('\r', configuration.Text);
        Assert.Contains("trusted-proxies", Assert.Single(configuration.Warnings), StringComparison.Ordinal); // This hub trusts none: it would answer nobody.
    }

    [Theory(Timeout = 60_000)]
    [InlineData("caddy", "127.0.0.1:9000 { respond owned }")]
    [InlineData("caddy", "127.0.0.1:9000\nroot *")]
    [InlineData("nginx", "127.0.0.1:9000; return 200")]
    [InlineData("traefik", "\"}]\n  evil")]
    [InlineData("nginx", "no-port")]
    [InlineData("apache", "127.0.0.1:9000")]
    [InlineData("nginx", "127.0.0.1:9000", "http://hub:8080/; return 200")]
    [InlineData("nginx", "127.0.0.1:9000", "http://user@hub:8080")]
    [InlineData("caddy", "127.0.0.1:9000", "ftp://hub")]
    public async Task Nothing_gets_into_a_proxys_configuration_that_is_no_address(string proxy, string to, string? ask = null)
    {
        await using var hub = await TestHub.StartAsync();
        (await PutAsync(hub, "signed-in")).Dispose();
        var query = $"?to={Uri.EscapeDataString(to)}{(ask is null ? "" : "&ask=" + Uri.EscapeDataString(ask))}";
        Assert.Equal(HttpStatusCode.BadRequest, await hub.StatusAsync(null, HttpMethod.Get, $"{Path}/proxies/{proxy}{query}"));
    }

    [Fact(Timeout = 60_000)]
    public async Task External_routes_are_an_admins_and_an_auditor_looks()
    {
        await using var hub = await TestHub.StartAsync();
        (await PutAsync(hub, "signed-in")).Dispose();
        var (user, auditor) = (await hub.PersonAsync("ann"), await hub.PersonAsync("otto", PlatformRole.Auditor));
        Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(user, HttpMethod.Get, Path));
        Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(user, HttpMethod.Get, Path + "/proxies/caddy"));
        Assert.Equal(HttpStatusCode.OK, await hub.StatusAsync(auditor, HttpMethod.Get, Path + "/proxies/caddy"));
        Assert.Equal(HttpStatusCode.Forbidden, await hub.StatusAsync(auditor, HttpMethod.Put, Path, Body("public")));
        Assert.Equal(HttpStatusCode.NotFound, await hub.StatusAsync(user, HttpMethod.Delete, Path));
        Assert.Equal("signed-in", (await ReadAsync(hub)).Access);
    }

    private static async Task<ExternalRoute> ReadAsync(TestHub hub)
    {
        using var answer = await hub.SendAsync(null, HttpMethod.Get, Path);
        return (await answer.Content.ReadFromJsonAsync(AccessJson.Default.ExternalRoute, Ct))!;
    }

    private static async Task<HttpResponseMessage> PutAsync(TestHub hub, string access, params (string Name, string Value)[] fields)
    {
        using var api = hub.Api();
        using var request = new HttpRequestMessage(HttpMethod.Put, "/api/v1/" + Path) { Content = Body(access) };
        foreach (var (name, value) in fields)
            request.Headers.TryAddWithoutValidation(name, value);
        return await api.SendAsync(request, Ct);
    }

    private static JsonContent Body(string access) => JsonContent.Create(
        new ExternalRoute { Origins = ["https://wiki.example.com", "https://docs.example.com:8443"], Access = access }, AccessJson.Default.ExternalRoute);
}
