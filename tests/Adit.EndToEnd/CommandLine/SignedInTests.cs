using System.Net.Http.Json;
using System.Runtime.Versioning;
using System.Text.Json;
using System.Text.RegularExpressions;
using Adit.Api;
using Adit.Testing;

namespace Adit.EndToEnd.CommandLine;

/// <summary>Who one is, on the command line: login, tokens, projects, the audit log.</summary>
[SupportedOSPlatform("linux")]
public sealed partial class SignedInTests
{
    private static CancellationToken Deadline => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Login_through_a_browser_leaves_a_token_that_other_commands_use_and_logout_ends_it()
    {
        await using var hub = await HubProcess.StartAsync();
        using var files = new TempDirectory();
        var environment = new Dictionary<string, string?> { ["ADIT_DATA"] = files.File("client") };
        await using var login = AditProcess.Start(["login", "--hub", hub.Url, "--client-name", "gpu1", "--json"], environment);
        await Eventually.HoldsAsync(() => UserCode.IsMatch(login.Output), "the code is printed");
        using (var admin = LoopbackHttp.Create(hub.AdminToken))
        {
            using var decided = await admin.PostAsync(
                new Uri($"{hub.Url}/api/v1/device/{UserCode.Match(login.Output).Value}"),
                JsonContent.Create(new DecideDeviceRequest { Approve = true }, DevicesJson.Default.DecideDeviceRequest),
                Deadline);
            Assert.True(decided.IsSuccessStatusCode, await decided.Content.ReadAsStringAsync(Deadline));
        }

        Assert.Equal(0, await login.WaitForExitAsync());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(files.File("client/credentials")));

        // One hub, so it need not be named either.
        Assert.Contains("gpu1", await AditProcess.RunAsync(["token", "ls"], environment), StringComparison.Ordinal);
        var token = (await File.ReadAllTextAsync(files.File("client/credentials"), Deadline)).Split(' ')[1].Trim();
        await AditProcess.RunAsync(["logout"], environment);
        using var ended = LoopbackHttp.Create(token);
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, (await ended.GetAsync(new Uri(hub.Url + "/api/v1/tunnels"), Deadline)).StatusCode);
        await using var after = AditProcess.Start(["token", "ls", "--hub", hub.Url], environment);
        Assert.Equal(3, await after.WaitForExitAsync());
        Assert.Contains("adit login", after.Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task The_lines_about_tokens_projects_and_the_audit_log_do_what_they_say()
    {
        await using var hub = await HubProcess.StartAsync();
        var made = await JsonAsync(hub, "token", "create", "--name", "ci", "--scope", "tunnels:write", "--expires", "30d", "--json");
        Assert.StartsWith("adit_", made.GetProperty("secret").GetString(), StringComparison.Ordinal);
        Assert.Equal("tunnels:write", Assert.Single(made.GetProperty("scopes").EnumerateArray()).GetString());
        await AditProcess.RunAsync(["token", "create", "maria", "--account", "maria"], hub.ClientEnvironment);

        await AditProcess.RunAsync(["project", "create", "churn"], hub.ClientEnvironment);
        await AditProcess.RunAsync(["project", "member", "add", "churn", "maria", "--role", "member"], hub.ClientEnvironment);
        Assert.Equal(["admin", "maria"], (await JsonAsync(hub, "project", "member", "ls", "churn", "--json")).EnumerateArray().Select(static m => m.GetProperty("name").GetString()));
        await using (var tunnel = await TunnelProcess.StartAsync(hub, "demo", "http", "9", "--project", "churn"))
            Assert.Equal("churn", tunnel.Tunnel.Project);

        await AditProcess.RunAsync(["project", "rm", "churn"], hub.ClientEnvironment);
        Assert.Equal("churn", Assert.Single((await JsonAsync(hub, "project", "ls", "--deleted", "--json")).EnumerateArray()).GetProperty("name").GetString());
        await AditProcess.RunAsync(["project", "restore", "churn"], hub.ClientEnvironment);
        Assert.Contains("churn", await AditProcess.RunAsync(["project", "show", "churn"], hub.ClientEnvironment), StringComparison.Ordinal);

        var log = (await JsonAsync(hub, "audit", "--since", "1h", "--action", "project.*", "--json")).EnumerateArray().Select(static e => e.GetProperty("action").GetString());
        Assert.Equal(["project.restore", "project.delete", "project.member.set", "project.create"], log);
        await AditProcess.RunAsync(["token", "revoke", made.GetProperty("id").GetString()!], hub.ClientEnvironment);
    }

    [Fact(Timeout = 120_000)]
    public async Task The_lines_about_service_accounts_do_what_they_say()
    {
        await using var hub = await HubProcess.StartAsync();
        await AditProcess.RunAsync(["project", "create", "churn"], hub.ClientEnvironment);
        Assert.Contains("adit token create --account churn-ci", await AditProcess.RunAsync(["project", "service", "create", "churn", "churn-ci"], hub.ClientEnvironment), StringComparison.Ordinal);
        var secret = (await JsonAsync(hub, "token", "create", "--name", "ci", "--account", "churn-ci", "--json")).GetProperty("secret").GetString()!;
        var listed = Assert.Single((await JsonAsync(hub, "project", "service", "ls", "churn", "--json")).EnumerateArray());
        Assert.Equal(("churn-ci", 1), (listed.GetProperty("name").GetString(), listed.GetProperty("tokens").GetInt32()));
        Assert.Equal(0, await WhoAmIAsync());
        await AditProcess.RunAsync(["project", "service", "disable", "churn", "churn-ci"], hub.ClientEnvironment);
        Assert.Equal(3, await WhoAmIAsync());
        await AditProcess.RunAsync(["project", "service", "enable", "churn", "churn-ci"], hub.ClientEnvironment);
        Assert.Equal(0, await WhoAmIAsync());
        await AditProcess.RunAsync(["project", "service", "rm", "churn", "churn-ci"], hub.ClientEnvironment);
        Assert.Equal(3, await WhoAmIAsync());
        Assert.Empty((await JsonAsync(hub, "project", "service", "ls", "churn", "--json")).EnumerateArray());

        async Task<int> WhoAmIAsync()
        {
            await using var who = AditProcess.Start(["whoami", "--json"], new Dictionary<string, string?>(hub.ClientEnvironment) { ["ADIT_TOKEN"] = secret });
            return await who.WaitForExitAsync();
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task The_lines_about_external_routes_do_what_they_say()
    {
        await using var hub = await HubProcess.StartAsync();
        string[] add = ["route", "add", "wiki", "--origin", "https://wiki.example.com", "--access", "group:staff", "--deny-path", "/admin/*"];
        await AditProcess.RunAsync(add, hub.ClientEnvironment);
        var taken = await AditProcess.RunAsync(add, hub.ClientEnvironment, expectedExitCode: 4);
        Assert.Contains("--replace", taken, StringComparison.Ordinal);
        await AditProcess.RunAsync([.. add, "--replace", "--origin", "https://docs.example.com"], hub.ClientEnvironment);
        var route = Assert.Single((await JsonAsync(hub, "route", "ls", "--json")).EnumerateArray());
        Assert.Equal(("wiki", 2), (route.GetProperty("name").GetString(), route.GetProperty("origins").GetArrayLength()));
        Assert.Contains("deny public at /admin/*", await AditProcess.RunAsync(["route", "show", "wiki"], hub.ClientEnvironment), StringComparison.Ordinal);
        foreach (var proxy in new[] { "caddy", "traefik", "nginx" })
            Assert.Contains("10.0.0.7:9000", await AditProcess.RunAsync(["route", "proxy", "wiki", proxy, "--to", "10.0.0.7:9000"], hub.ClientEnvironment), StringComparison.Ordinal);
        Assert.False((await JsonAsync(hub, "access", "explain", "--to", "wiki.example.com", "--json")).GetProperty("allowed").GetBoolean());
        await AditProcess.RunAsync(["route", "rm", "wiki"], hub.ClientEnvironment);
        Assert.Empty((await JsonAsync(hub, "route", "ls", "--json")).EnumerateArray());
    }

    [Fact(Timeout = 120_000)]
    public async Task The_lines_about_people_and_doors_do_what_they_say()
    {
        await using var hub = await HubProcess.StartAsync();
        await AditProcess.RunAsync(["user", "create", "anna", "--email", "anna@example.org", "--role", "user"], hub.ClientEnvironment);
        await AditProcess.RunAsync(["group", "add", "ds", "anna"], hub.ClientEnvironment); // Makes the group.
        Assert.Contains("anna", await AditProcess.RunAsync(["user", "ls"], hub.ClientEnvironment), StringComparison.Ordinal);
        Assert.Equal("admin", (await JsonAsync(hub, "whoami", "--json")).GetProperty("account").GetString());

        await using (await TunnelProcess.StartAsync(hub, "demo", "http", "9", "--access", "group:ds"))
            Assert.True(await MayAsync("anna"));
        await using (await TunnelProcess.StartAsync(hub, "near", "http", "9", "--access", "group:ds", "--allow-network", "10.0.0.0/8"))
            Assert.False((await JsonAsync(hub, "access", "explain", "--who", "anna", "--to", "near.adit.localhost", "--json")).GetProperty("allowed").GetBoolean());
        await AditProcess.RunAsync(["user", "disable", "anna"], hub.ClientEnvironment);
        await using (await TunnelProcess.StartAsync(hub, "demo", "http", "9", "--access", "group:ds"))
            Assert.False(await MayAsync("anna"));

        async Task<bool> MayAsync(string who) =>
            (await JsonAsync(hub, "access", "explain", "--who", who, "--to", "demo.adit.localhost", "--json")).GetProperty("allowed").GetBoolean();
    }

    private static async Task<JsonElement> JsonAsync(HubProcess hub, params string[] line) =>
        JsonDocument.Parse(await AditProcess.RunAsync(line, hub.ClientEnvironment)).RootElement;

    [GeneratedRegex("[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}")]
    private static partial Regex UserCode { get; }
}
