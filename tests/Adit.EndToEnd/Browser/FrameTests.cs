using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.RegularExpressions;
using Adit.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Adit.EndToEnd.Browser;

/// <summary>What browsers make of grants: a private tunnel in the frame of a page on another registrable domain, all of it over TLS.</summary>
public sealed partial class FrameTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const string Greeting = "Hello from behind the tunnel";

    [Fact(Timeout = 240_000)]
    public async Task A_page_of_another_site_shows_an_application_by_its_grant_and_no_other_site_does()
    {
        await using var stage = await Stage.StartAsync();
        var blog = stage.Site("blog.example");
        var grant = await stage.GrantAsync("--site", blog);
        var page = await chromium.OpenPageAsync(trustsAll: true);
        var policies = Violations(page);

        // It shows, its scripts reach it again on the cookie, and the secret has left the address.
        await page.GotoAsync(stage.PageWith("blog.example", grant.Url + "?to=/dash%3Fx=1"));
        await Expect(page.FrameLocator("iframe").GetByRole(AriaRole.Heading, new() { Name = Greeting })).ToBeVisibleAsync();
        await Expect(page.FrameLocator("iframe").GetByText("fetched by a script")).ToBeVisibleAsync();
        Assert.Equal($"{stage.App}/dash?x=1", page.Frames[1].Url);
        Assert.Empty(policies);

        // The cookie is this site's alone.
        var cookie = Assert.Single(await page.Context.CookiesAsync(), static c => c.Domain == "demo.adit.localhost");
        Assert.Equal(("__Host-adit_e", "https://blog.example", true, true), (cookie.Name, cookie.PartitionKey, cookie.HttpOnly, cookie.Secure));

        // A page of a site that is not named: the same address, and the application itself, whatever the browser has been let in to.
        foreach (var address in (string[])[grant.Url, stage.App + "/dash"])
        {
            policies.Clear();
            await page.GotoAsync(stage.PageWith("evil.example", address));
            await Eventually.HoldsAsync(() => policies.Any(static p => p.Contains("frame-ancestors", StringComparison.Ordinal)), "the browser says that it may not be framed");
            await Expect(page.FrameLocator("iframe").GetByText(Greeting)).ToHaveCountAsync(0);
        }

        // Nor is the application open in a window of its own.
        await page.GotoAsync(stage.App + "/dash");
        await Expect(page.GetByText(Greeting)).ToHaveCountAsync(0);
        await page.GotoAsync(stage.PageWith("blog.example", stage.App + "/dash"));
        await Expect(page.FrameLocator("iframe").GetByRole(AriaRole.Heading, new() { Name = Greeting })).ToBeVisibleAsync();

        // Taken back, it is gone from the frame too.
        await AditProcess.RunAsync(["access", "embed", "rm", "demo", grant.Id], stage.Hub.ClientEnvironment);
        await page.ReloadAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "blog.example" })).ToBeVisibleAsync();
        await Expect(page.FrameLocator("iframe").GetByText(Greeting)).ToHaveCountAsync(0);
    }

    [Fact(Timeout = 240_000)]
    public async Task The_guides_own_program_signs_a_visitor_in_once()
    {
        await using var stage = await Stage.StartAsync();
        var grant = await stage.GrantAsync("--site", stage.Site("shop.example"), "--signed");
        var address = await SignedAsync(grant, "Zoë", "/dash");
        var page = await chromium.OpenPageAsync(trustsAll: true);

        await page.GotoAsync(stage.PageWith("shop.example", address));
        await Expect(page.FrameLocator("iframe").GetByRole(AriaRole.Heading, new() { Name = Greeting })).ToBeVisibleAsync();
        await Expect(page.FrameLocator("iframe").GetByText("Visitor Zo%C3%AB.")).ToBeVisibleAsync();
        Assert.Equal(stage.App + "/dash", page.Frames[1].Url);

        // Somebody else who has read the address is told in the frame that it is used up.
        var other = await chromium.OpenPageAsync(trustsAll: true);
        await other.GotoAsync(stage.PageWith("shop.example", address));
        await Expect(other.FrameLocator("iframe").GetByRole(AriaRole.Heading, new() { Name = "Not let in" })).ToBeVisibleAsync();
        await other.GotoAsync(stage.PageWith("shop.example", await SignedAsync(grant, "Otto", "/dash")));
        await Expect(other.FrameLocator("iframe").GetByText("Visitor Otto.")).ToBeVisibleAsync();
    }

    // What the browser will not show because of a policy, it says on the console.
    private static ConcurrentBag<string> Violations(IPage page)
    {
        var violations = new ConcurrentBag<string>();
        page.Console += (_, message) =>
        {
            if (message.Type == "error" && message.Text.Contains("Content Security Policy", StringComparison.Ordinal))
            {
                violations.Add(message.Text);
            }
        };
        return violations;
    }

    private static async Task<string> SignedAsync(Grant grant, string visitor, string path)
    {
        var guide = await File.ReadAllTextAsync(Repository.Find("docs", "guide", "embedding.md"));
        var program = Program().Match(guide).Groups[1].Value;
        var output = await ChildProcess.RunAsync(
            "python3",
            ["-c", program + $"\nprint(frame_url('{visitor}', '{path}'))"],
            new Dictionary<string, string?> { ["EMBED_URL"] = grant.Url, ["EMBED_KEY"] = grant.Key, ["PYTHONIOENCODING"] = "utf-8", ["PYTHONUTF8"] = "1" });
        return output.Trim();
    }

    [GeneratedRegex("```python\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Program();

    private sealed record Grant(string Id, string Url, string? Key);

    /// <summary>A hub with TLS, a private tunnel to an application that forbids frames, and a server of pages of other sites.</summary>
    private sealed class Stage : IAsyncDisposable
    {
        private readonly LocalApp _app;
        private readonly TunnelProcess _tunnel;
        private readonly WebApplication _pages;
        private readonly X509Certificate2 _certificate;

        private Stage(HubProcess hub, int port, LocalApp app, TunnelProcess tunnel, WebApplication pages, X509Certificate2 certificate)
        {
            Hub = hub;
            App = string.Create(CultureInfo.InvariantCulture, $"https://demo.adit.localhost:{port}");
            _app = app;
            _tunnel = tunnel;
            _pages = pages;
            _certificate = certificate;
        }

        public HubProcess Hub { get; }

        /// <summary>The application's origin, by its tunnel.</summary>
        public string App { get; }

        public static async Task<Stage> StartAsync()
        {
            var port = Ports.Free();
            var hub = await HubProcess.StartAsync(arguments: ["--listen-tls", $"127.0.0.1:{port}", "--auto-tls"]);
            var app = await LocalApp.StartAsync(static app =>
            {
                app.MapGet("/dash", static (HttpContext context) =>
                {
                    context.Response.Headers.XFrameOptions = "DENY";
                    context.Response.Headers.ContentSecurityPolicy = "frame-ancestors 'none'";
                    var visitor = WebUtility.HtmlEncode(context.Request.Headers["X-Adit-Visitor"].ToString());
                    return Results.Content(
                        $"<h1>{Greeting}</h1><p>Visitor {visitor}.</p><p id='more'></p><script>fetch('/more').then(a => a.text()).then(t => more.textContent = t)</script>",
                        "text/html");
                });
                app.MapGet("/more", static () => "fetched by a script");
            });
            var tunnel = await TunnelProcess.StartAsync(hub, "demo", "http", app.Port.ToString(CultureInfo.InvariantCulture));
            var certificate = SelfSigned();
            return new Stage(hub, port, app, tunnel, await StartPagesAsync(certificate), certificate);
        }

        /// <summary>The origin of a site.</summary>
        public string Site(string host) => string.Create(CultureInfo.InvariantCulture, $"https://{host}:{new Uri(_pages.Urls.First()).Port}");

        /// <summary>The address of a page of a site that has a frame.</summary>
        public string PageWith(string host, string frame) => $"{Site(host)}/?frame={Uri.EscapeDataString(frame)}";

        /// <summary>Makes a grant by the command line.</summary>
        public async Task<Grant> GrantAsync(params string[] arguments)
        {
            var output = await AditProcess.RunAsync(["access", "embed", "add", "demo", .. arguments, "--json"], Hub.ClientEnvironment);
            using var json = JsonDocument.Parse(output);
            var made = json.RootElement;

            // The command line spoke with the hub in clear; visitors come by TLS.
            var url = App + new Uri(made.GetProperty("url").GetString()!).AbsolutePath;
            return new Grant(made.GetProperty("id").GetString()!, url, made.TryGetProperty("key", out var key) ? key.GetString() : null);
        }

        public async ValueTask DisposeAsync()
        {
            await _pages.DisposeAsync();
            await _tunnel.DisposeAsync();
            await _app.DisposeAsync();
            await Hub.DisposeAsync();
            _certificate.Dispose();
        }

        private static async Task<WebApplication> StartPagesAsync(X509Certificate2 certificate)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseKestrelHttpsConfiguration();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listener => listener.UseHttps(certificate)));
            var pages = builder.Build();
            pages.MapGet("/", static (HttpContext context, string frame) => Results.Content(
                $"<h1>{WebUtility.HtmlEncode(context.Request.Host.Host)}</h1><iframe src=\"{WebUtility.HtmlEncode(frame)}\" title=\"frame\" width=\"600\" height=\"300\"></iframe>",
                "text/html"));
            await pages.StartAsync();
            return pages;
        }

        private static X509Certificate2 SelfSigned()
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=pages", key, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("blog.example");
            request.CertificateExtensions.Add(names.Build());
            var now = TimeProvider.System.GetUtcNow();
            using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
            return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        }
    }
}
