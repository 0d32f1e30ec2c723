using Adit.EndToEnd.Browser;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Adit.EndToEnd.Web;

/// <summary>Hosts that other proxies serve, by the pages of the settings.</summary>
public sealed class ExternalRoutePageTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact(Timeout = 180_000)]
    public async Task An_admin_makes_an_external_route_copies_what_its_proxy_needs_changes_and_removes_it()
    {
        await using var hub = await WebHub.StartAsync();
        var page = await chromium.OpenPageAsync();
        var watch = new PageWatch(page, hub.Url);
        await hub.SignInByTokenAsync(page);
        await page.GetByRole(AriaRole.Link, new() { Name = "Settings" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "External routes" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "New external route" }).ClickAsync();
        var form = page.GetByRole(AriaRole.Dialog);
        await form.GetByRole(AriaRole.Button, new() { Name = "Make it" }).ClickAsync();
        await Expect(form.GetByText("Where are its visitors?")).ToBeVisibleAsync();
        await form.GetByLabel("Name", new() { Exact = true }).FillAsync("wiki");
        await form.GetByLabel("Where its visitors are").FillAsync("https://wiki.example.com");
        await form.GetByRole(AriaRole.Button, new() { Name = "Make it" }).ClickAsync();

        // This hub trusts no proxy yet, and says so before somebody wonders.
        var needed = page.Locator(".command.lines code");
        await Expect(needed).ToContainTextAsync("https://wiki.example.com {");
        await Expect(page.GetByText("trusted-proxies")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "nginx" }).ClickAsync();
        await page.GetByLabel("The application listens at").FillAsync("10.0.0.7:9000");
        await Expect(needed).ToContainTextAsync("proxy_pass http://10.0.0.7:9000;");
        await page.GetByLabel("The application listens at").FillAsync("10.0.0.7:9000; evil");
        await Expect(page.GetByText("HOST:PORT, such as 127.0.0.1:9000")).ToBeVisibleAsync();

        await page.GetByLabel("Access").SelectOptionAsync("Some groups and accounts");
        await page.GetByLabel("Which ones").FillAsync("group:staff");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByText("Saved.").First).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "External routes" }).ClickAsync();
        await Expect(page.GetByText("group:staff")).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Link, new() { Name = "wiki" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove this route…" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Remove it" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "No external routes yet" })).ToBeVisibleAsync();
        watch.AssertClean();
    }
}
