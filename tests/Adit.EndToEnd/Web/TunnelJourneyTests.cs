using System.Globalization;
using System.Text.RegularExpressions;
using Adit.EndToEnd.Browser;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Adit.EndToEnd.Web;

/// <summary>What Adit is for, as people with browsers see it: a private service, opened, refused, shared, and closed again.</summary>
public sealed class TunnelJourneyTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const string Greeting = "Hello from behind the tunnel";

    [Fact(Timeout = 240_000)]
    public async Task A_private_tunnel_is_opened_refused_shared_and_closed_when_its_visitor_signs_out_everywhere()
    {
        await using var hub = await WebHub.StartAsync();
        await hub.AccountAsync("anna");
        await hub.AccountAsync("berta");
        await using var app = await LocalApp.StartAsync(static app => app.MapGet("/", static () => Results.Content($"<h1>{Greeting}</h1>", "text/html")));
        await using var tunnel = await TunnelProcess.StartAsync(hub.Process, "demo", "http", app.Port.ToString(CultureInfo.InvariantCulture));
        var address = hub.Process.TunnelUrl("demo");

        // Its owner, in a fresh profile: led to sign in, and back to where she was going.
        var owner = await chromium.OpenPageAsync();
        await hub.SignInByTokenAsync(owner);
        await owner.GotoAsync(address);
        await Expect(owner.GetByRole(AriaRole.Heading, new() { Name = Greeting })).ToBeVisibleAsync();
        Assert.Equal(address, owner.Url);

        // Berta has an account, and no business here: she does not even learn that it is there.
        var berta = await chromium.OpenPageAsync();
        await berta.GotoAsync(address);
        await Expect(berta).ToHaveURLAsync(new Regex(Regex.Escape(hub.Url) + "/sign-in"));
        await FillSignInAsync(berta, "berta");
        await Expect(berta.GetByText(Greeting)).ToHaveCountAsync(0);
        await Expect(berta.Locator("body")).Not.ToBeEmptyAsync();

        // Shared with all who can sign in, on the page of the tunnel.
        await owner.GotoAsync($"{hub.Url}/tunnels/demo/access");
        await owner.GetByLabel("Access", new() { Exact = true }).SelectOptionAsync("signed-in");
        await owner.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(owner.GetByText("Saved. It holds from now on").First).ToBeVisibleAsync();
        await owner.GetByLabel("Who", new() { Exact = false }).Last.FillAsync("berta");
        await owner.GetByRole(AriaRole.Button, new() { Name = "Ask" }).ClickAsync();
        await Expect(owner.GetByText(new Regex("^Yes: "))).ToBeVisibleAsync();

        var anna = await chromium.OpenPageAsync();
        await anna.GotoAsync(address);
        await FillSignInAsync(anna, "anna");
        await ContinueAsync(anna);
        await Expect(anna.GetByRole(AriaRole.Heading, new() { Name = Greeting })).ToBeVisibleAsync();
        Assert.Equal(address, anna.Url);
        await berta.GotoAsync(address);
        await ContinueAsync(berta);
        await Expect(berta.GetByRole(AriaRole.Heading, new() { Name = Greeting })).ToBeVisibleAsync();

        // What passed is on the owner's page, and can be sent again.
        await owner.GotoAsync($"{hub.Url}/tunnels/demo");
        await owner.GetByRole(AriaRole.Button, new() { Name = "GET /", Exact = true }).First.ClickAsync();
        await owner.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Send it again" }).ClickAsync();
        await Expect(owner.GetByText(new Regex("Sent again: 200")).First).ToBeVisibleAsync();

        // Anna signs out everywhere in another browser: the door is closed in this one too.
        var elsewhere = await chromium.OpenPageAsync();
        await hub.SignInAsync(elsewhere, "anna");
        await elsewhere.GotoAsync($"{hub.Url}/account");
        await elsewhere.GetByRole(AriaRole.Button, new() { Name = "Sign out everywhere…" }).ClickAsync();
        await elsewhere.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Sign out everywhere" }).ClickAsync();
        await Expect(elsewhere).ToHaveURLAsync(new Regex("/sign-in"));
        await anna.GotoAsync(address);
        await Expect(anna).ToHaveURLAsync(new Regex(Regex.Escape(hub.Url) + "/sign-in"));
    }

    [Fact(Timeout = 240_000)]
    public async Task The_first_visit_of_somebody_elses_application_asks_and_asks_again_when_that_was_taken_back()
    {
        await using var hub = await WebHub.StartAsync();
        await hub.AccountAsync("anna");
        await using var app = await LocalApp.StartAsync(static app => app.MapGet("/{**rest}", static () => Results.Content($"<h1>{Greeting}</h1>", "text/html")));
        await using var tunnel = await TunnelProcess.StartAsync(
            hub.Process, "demo", "http", app.Port.ToString(CultureInfo.InvariantCulture), "--access", "signed-in");
        var address = hub.Process.TunnelUrl("demo");
        var anna = await chromium.OpenPageAsync();
        await hub.SignInAsync(anna, "anna");

        // Asked, with what will be told; whoever goes back has told nothing.
        await anna.GotoAsync(address + "deep?x=1");
        await Expect(anna.GetByRole(AriaRole.Heading, new() { Name = "Open demo.adit.localhost?" })).ToBeVisibleAsync();
        await Expect(anna.GetByText("your name: anna")).ToBeVisibleAsync();
        await Axe.AssertNothingSeriousAsync(anna, "the page that asks at the first visit");
        await anna.GetByRole(AriaRole.Link, new() { Name = "Back" }).ClickAsync();
        await Expect(anna.GetByRole(AriaRole.Navigation, new() { Name = "Main" })).ToBeVisibleAsync();

        await anna.GotoAsync(address + "deep?x=1");
        await ContinueAsync(anna);
        await Expect(anna.GetByRole(AriaRole.Heading, new() { Name = Greeting })).ToBeVisibleAsync();
        Assert.Equal(address + "deep?x=1", anna.Url);

        // Not asked again: not here, and not in another window that has no ticket yet.
        await anna.Context.ClearCookiesAsync(new() { Domain = "demo.adit.localhost" });
        await anna.GotoAsync(address);
        await Expect(anna.GetByRole(AriaRole.Heading, new() { Name = Greeting })).ToBeVisibleAsync();

        // Taken back on the account's page: asked again.
        await anna.GotoAsync($"{hub.Url}/account");
        await anna.GetByRole(AriaRole.Button, new() { Name = "Take back the consent to demo.adit.localhost" }).ClickAsync();
        await Expect(anna.GetByText("None yet.")).ToBeVisibleAsync();
        await anna.GotoAsync(address);
        await Expect(anna.GetByRole(AriaRole.Button, new() { Name = "Continue" })).ToBeVisibleAsync();
    }

    [Fact(Timeout = 240_000)]
    public async Task In_path_mode_an_owner_works_with_an_application_that_knows_nothing_of_it_and_nobody_else_gets_there()
    {
        await using var hub = await WebHub.StartAsync(["--path-host", "apps.localhost"]);
        await hub.AccountAsync("anna");
        await using var app = await LocalApp.StartAsync(static app =>
        {
            app.MapGet("/", static () => Results.Content($"<h1>{Greeting}</h1><a href=\"in\">Enter</a>", "text/html"));
            app.MapGet("/in", static (HttpContext context) =>
            {
                context.Response.Cookies.Append("seat", "12", new CookieOptions { Path = "/" });
                return Results.Redirect("/inside");
            });
            app.MapGet("/inside", static (HttpContext context) => Results.Content($"<h1>Seat {context.Request.Cookies["seat"]}</h1>", "text/html"));
        });
        await using var tunnel = await TunnelProcess.StartAsync(hub.Process, "demo", "http", app.Port.ToString(CultureInfo.InvariantCulture), "--access", "signed-in");
        var address = $"http://apps.localhost:{hub.Process.Port}/w/admin/demo";

        var owner = await chromium.OpenPageAsync();
        await hub.SignInByTokenAsync(owner);
        await owner.GotoAsync(address);
        await Expect(owner.GetByRole(AriaRole.Heading, new() { Name = Greeting })).ToBeVisibleAsync();
        Assert.Equal(address + "/", owner.Url);
        await owner.GetByRole(AriaRole.Link, new() { Name = "Enter" }).ClickAsync();
        await Expect(owner.GetByRole(AriaRole.Heading, new() { Name = "Seat 12" })).ToBeVisibleAsync();
        Assert.Equal(address + "/inside", owner.Url);
        await owner.GotoAsync($"{hub.Url}/tunnels/demo/about");
        await Expect(owner.GetByText(address + "/")).ToBeVisibleAsync();

        // Anna may open it at its own host, and not here.
        var anna = await chromium.OpenPageAsync();
        await hub.SignInAsync(anna, "anna");
        await anna.GotoAsync(address);
        await Expect(anna.GetByRole(AriaRole.Heading, new() { Name = "No such address" })).ToBeVisibleAsync();
        await anna.GotoAsync(hub.Process.TunnelUrl("demo"));
        await Expect(anna.GetByRole(AriaRole.Button, new() { Name = "Continue" })).ToBeVisibleAsync();
    }

    [Fact(Timeout = 180_000)]
    public async Task Who_may_only_look_is_offered_nothing_to_change()
    {
        await using var hub = await WebHub.StartAsync();
        await hub.AccountAsync("eve", "auditor");
        await hub.PostAsync("/api/v1/projects", new { name = "churn" });
        await using var app = await LocalApp.StartAsync(static app => app.MapGet("/", static () => Results.Text(Greeting)));
        await using var tunnel = await TunnelProcess.StartAsync(hub.Process, "demo", "http", app.Port.ToString(CultureInfo.InvariantCulture), "--access", "signed-in");

        var eve = await chromium.OpenPageAsync();
        await hub.SignInAsync(eve, "eve");
        await eve.GotoAsync($"{hub.Url}/tunnels/demo/access");
        await Expect(eve.GetByText("and the maintainers of its project, change this")).ToBeVisibleAsync();
        await Expect(eve.GetByRole(AriaRole.Heading, new() { Name = "In pages of other sites" })).ToBeVisibleAsync();
        await Expect(eve.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^(Save|Add a rule|New grant)$") })).ToHaveCountAsync(0);
        await eve.GotoAsync($"{hub.Url}/tunnels/demo/about");
        await Expect(eve.GetByRole(AriaRole.Heading, new() { Name = "Served by" })).ToBeVisibleAsync();
        await Expect(eve.GetByRole(AriaRole.Button, new() { Name = "Remove" })).ToHaveCountAsync(0);
        await eve.GotoAsync($"{hub.Url}/projects/churn/settings");
        await Expect(eve.GetByText("admin", new() { Exact = true }).First).ToBeVisibleAsync();
        await Expect(eve.Locator("a[href='/projects/churn/settings']")).ToHaveCountAsync(0);
        await Expect(eve.GetByRole(AriaRole.Button, new() { Name = "Delete this project" })).ToHaveCountAsync(0);

        // Its owner is.
        var owner = await chromium.OpenPageAsync();
        await hub.SignInByTokenAsync(owner);
        await owner.GotoAsync($"{hub.Url}/tunnels/demo/about");
        await Expect(owner.GetByRole(AriaRole.Button, new() { Name = "Remove" })).ToBeVisibleAsync();
    }

    [Fact(Timeout = 180_000)]
    public async Task A_signed_grant_with_limits_is_made_on_the_tunnels_page_and_its_key_is_shown_once()
    {
        await using var hub = await WebHub.StartAsync();
        await using var app = await LocalApp.StartAsync(static app => app.MapGet("/", static () => Results.Text(Greeting)));
        await using var tunnel = await TunnelProcess.StartAsync(hub.Process, "demo", "http", app.Port.ToString(CultureInfo.InvariantCulture));
        var page = await chromium.OpenPageAsync();
        await hub.SignInByTokenAsync(page);
        await page.GotoAsync($"{hub.Url}/tunnels/demo/access");
        await page.GetByRole(AriaRole.Button, new() { Name = "New grant" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Sites").FillAsync("https://shop.example");
        await dialog.GetByLabel("Each visitor needs a signature of my server").CheckAsync();
        await dialog.GetByLabel("Visitors at a time").FillAsync("0");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Make the grant" }).ClickAsync();
        await Expect(dialog.GetByRole(AriaRole.Alert)).ToContainTextAsync("A whole number from 1 to 10,000");
        await dialog.GetByLabel("Visitors at a time").FillAsync("50");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Make the grant" }).ClickAsync();
        await Expect(page.GetByText(new Regex("^adit_embed_"))).ToBeVisibleAsync();
        await Expect(page.GetByText(new Regex("/_adit/embed/[0-9a-f]{16}\\?g=SIGNATURE"))).ToBeVisibleAsync();
        await Axe.AssertNothingSeriousAsync(page, "the key of a grant");
        await page.GetByRole(AriaRole.Button, new() { Name = "I have copied it" }).ClickAsync();
        await Expect(page.GetByText("signed visits · 0 of 50 visitors now · 0 requests today")).ToBeVisibleAsync();
        await Expect(page.GetByText(new Regex("adit_embed_"))).ToHaveCountAsync(0);
        await page.ReloadAsync();
        await Expect(page.GetByText("https://shop.example")).ToBeVisibleAsync();
        await Expect(page.GetByText(new Regex("adit_embed_"))).ToHaveCountAsync(0);
    }

    [Fact(Timeout = 180_000)]
    public async Task Two_people_who_edit_one_tunnel_do_not_overwrite_each_other()
    {
        await using var hub = await WebHub.StartAsync();
        await using var app = await LocalApp.StartAsync(static app => app.MapGet("/", static () => Results.Text(Greeting)));
        await using var tunnel = await TunnelProcess.StartAsync(hub.Process, "demo", "http", app.Port.ToString(CultureInfo.InvariantCulture));
        var first = await chromium.OpenPageAsync();
        await hub.SignInByTokenAsync(first);
        await first.GotoAsync($"{hub.Url}/tunnels/demo/access");
        var second = await first.Context.NewPageAsync();
        await second.GotoAsync($"{hub.Url}/tunnels/demo/access");
        await first.GetByLabel("Access", new() { Exact = true }).SelectOptionAsync("public");
        await second.GetByLabel("Access", new() { Exact = true }).SelectOptionAsync("signed-in");
        await first.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(first.GetByText("Saved. It holds from now on").First).ToBeVisibleAsync();

        await second.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(second.GetByText("Somebody else changed this tunnel meanwhile.")).ToBeVisibleAsync();
        await second.GetByRole(AriaRole.Button, new() { Name = "Show what holds now" }).ClickAsync();
        await Expect(second.GetByLabel("Access", new() { Exact = true })).ToHaveValueAsync("public");
    }

    [Fact(Timeout = 180_000)]
    public async Task Tunnels_appear_and_go_on_an_open_page_by_themselves()
    {
        await using var hub = await WebHub.StartAsync();
        var page = await chromium.OpenPageAsync();
        await hub.SignInByTokenAsync(page);
        await page.GotoAsync($"{hub.Url}/tunnels");
        await Expect(page.GetByText("No tunnels yet")).ToBeVisibleAsync();
        await Expect(page.GetByText("live", new() { Exact = true })).ToBeVisibleAsync();
        await using var app = await LocalApp.StartAsync(static app => app.MapGet("/", static () => Results.Text(Greeting)));
        await using (await TunnelProcess.StartAsync(hub.Process, "demo", "http", app.Port.ToString(CultureInfo.InvariantCulture)))
        {
            await Expect(page.GetByRole(AriaRole.Link, new() { Name = "demo" })).ToBeVisibleAsync();
            await Expect(page.GetByRole(AriaRole.Img, new() { Name = "up" })).ToBeVisibleAsync();
        }

        await Expect(page.GetByText("No tunnels yet").Or(page.GetByRole(AriaRole.Img, new() { Name = "down" }))).ToBeVisibleAsync();
    }

    private static Task ContinueAsync(IPage page) => page.GetByRole(AriaRole.Button, new() { Name = "Continue" }).ClickAsync();

    private static async Task FillSignInAsync(IPage page, string name)
    {
        await page.GetByLabel("Name").FillAsync(name);
        await page.GetByLabel("Password").FillAsync(WebHub.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
    }
}
