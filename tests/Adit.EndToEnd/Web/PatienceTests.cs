using Adit.EndToEnd.Browser;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Adit.EndToEnd.Web;

/// <summary>The interface with a hub that is slow, older than itself, or has very much.</summary>
public sealed class PatienceTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const int Many = 10_000;

    [Fact(Timeout = 180_000)]
    public async Task Nothing_is_waited_for_longer_than_ten_seconds_and_it_can_be_tried_again()
    {
        await using var hub = await WebHub.StartAsync();
        var page = await chromium.OpenPageAsync();
        await hub.SignInByTokenAsync(page);
        var hangs = true;
        await page.RouteAsync("**/api/v1/projects?*", route => hangs ? Task.CompletedTask : route.ContinueAsync());
        await page.GotoAsync($"{hub.Url}/projects");
        await Expect(page.GetByRole(AriaRole.Status, new() { Name = "Loading" })).ToBeVisibleAsync();
        await Expect(page.GetByText("ten seconds")).ToBeVisibleAsync(new() { Timeout = 15_000 });
        await Expect(page.GetByRole(AriaRole.Status, new() { Name = "Loading" })).ToHaveCountAsync(0);
        hangs = false;
        await page.GetByRole(AriaRole.Button, new() { Name = "Try again" }).First.ClickAsync();
        await Expect(page.GetByText("No projects yet")).ToBeVisibleAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task What_the_hub_does_not_have_is_said_and_the_rest_goes_on()
    {
        await using var hub = await WebHub.StartAsync();
        var page = await chromium.OpenPageAsync();
        await hub.SignInByTokenAsync(page);
        await page.RouteAsync("**/api/v1/tokens*", route => route.FulfillAsync(new()
        {
            Status = 404,
            ContentType = "application/problem+json",
            Body = """{"title":"Not found","status":404,"code":"not-found","detail":"There is nothing at /api/v1/tokens.","requestId":"r-1"}""",
        }));
        await page.GetByRole(AriaRole.Link, new() { Name = "Tokens" }).ClickAsync();
        await Expect(page.GetByText("There is nothing at /api/v1/tokens.")).ToBeVisibleAsync();
        await Expect(page.GetByText("r-1")).ToHaveCountAsync(0); // Nothing of it is in the log.
        await page.GetByRole(AriaRole.Link, new() { Name = "Tunnels", Exact = true }).ClickAsync();
        await Expect(page.GetByText("No tunnels yet")).ToBeVisibleAsync();
        await page.GotoAsync($"{hub.Url}/nowhere/at/all");
        await Expect(page.GetByText("There is no page at this address")).ToBeVisibleAsync();
    }

    [Fact(Timeout = 180_000)]
    public async Task A_part_that_does_not_come_while_the_hub_is_away_comes_once_it_is_back_and_a_newer_interface_is_said_only_when_it_is_so()
    {
        await using var hub = await WebHub.StartAsync();
        var page = await chromium.OpenPageAsync();
        await hub.SignInByTokenAsync(page);
        await page.Context.SetOfflineAsync(true);
        await page.GetByRole(AriaRole.Link, new() { Name = "Projects" }).ClickAsync();
        await Expect(page.GetByText("The hub cannot be reached")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
        await Expect(page.GetByText("The hub cannot be reached")).ToBeVisibleAsync();
        await page.Context.SetOfflineAsync(false);
        await page.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
        await Expect(page.GetByText("No projects yet")).ToBeVisibleAsync();

        await page.RouteAsync("**/assets/Tokens-*.js", static route => route.FulfillAsync(new() { Status = 404 }));
        await page.RouteAsync($"{hub.Url}/", static route => route.FulfillAsync(new() { ContentType = "text/html", Body = "<script type=module src=/assets/index-newer.js></script>" }));
        await page.GetByRole(AriaRole.Link, new() { Name = "Tokens" }).ClickAsync();
        await Expect(page.GetByText("The hub has a newer interface than this window.")).ToBeVisibleAsync();
    }

    [Fact(Timeout = 180_000)]
    public async Task A_table_of_ten_thousand_rows_is_sorted_filtered_and_scrolled_without_making_them_all()
    {
        await using var hub = await WebHub.StartAsync();
        var page = await chromium.OpenPageAsync();
        await hub.SignInByTokenAsync(page);
        var items = string.Join(',', Enumerable.Range(0, Many).Select(i =>
            $$$"""{"name":"t{{{i:00000}}}","kind":"http","state":"{{{(i % 3 == 0 ? "up" : "down")}}}","url":"http://t{{{i}}}.adit.localhost/","access":"owner","owner":"o{{{i % 7}}}","keep":false,"hosts":["t{{{i}}}.adit.localhost"],"created":"2026-01-01T00:00:00Z","servers":[],"traffic":{"requests":{{{i}}},"streams":0,"openStreams":0,"bytesIn":0,"bytesOut":{{{i * 10}}}}}"""));
        await page.RouteAsync("**/api/v1/tunnels", route => route.FulfillAsync(new() { ContentType = "application/json", Body = $$"""{"items":[{{items}}]}""" }));
        await page.GotoAsync($"{hub.Url}/tunnels");
        await Expect(page.GetByRole(AriaRole.Status).GetByText("10,000 tunnels").Or(page.GetByText("10,000 tunnels")).First).ToBeVisibleAsync();
        var table = page.GetByRole(AriaRole.Table, new() { Name = "Tunnels" });
        await Expect(table).ToHaveAttributeAsync("aria-rowcount", "10001");
        Assert.InRange(await table.Locator("tbody tr").CountAsync(), 5, 80);

        // By keyboard to the last row, which did not exist a moment ago.
        await page.GetByRole(AriaRole.Link, new() { Name = "t00000" }).FocusAsync();
        await page.Keyboard.PressAsync("End");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "t09999" })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("ArrowUp");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "t09998" })).ToBeFocusedAsync();
        Assert.InRange(await table.Locator("tbody tr").CountAsync(), 5, 80);

        // A click to the painted result, measured by the page itself.
        var sorted = await page.EvaluateAsync<double>(
            """
            async () => {
              const since = performance.now();
              [...document.querySelectorAll('th button')].find(b => b.textContent.startsWith('Requests')).click();
              await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)));
              return performance.now() - since;
            }
            """);
        TestContext.Current.TestOutputHelper?.WriteLine($"sorted 10,000 rows in {sorted:0} ms");
        Assert.True(sorted < 500, $"sorting took {sorted:0} ms");
        await page.GetByRole(AriaRole.Searchbox, new() { Name = "Filter tunnels" }).FillAsync("t0123");
        await Expect(page.GetByText("10 of 10,000 tunnels")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Searchbox, new() { Name = "Filter tunnels" }).FillAsync("nothing like it");
        await Expect(page.GetByText("None of 10,000 tunnels matches")).ToBeVisibleAsync();
    }
}
