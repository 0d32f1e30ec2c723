using Adit.EndToEnd.Browser;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Adit.EndToEnd.Web;

/// <summary>The whole way with no mouse at all.</summary>
public sealed class KeyboardTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const int MostStops = 60;

    [Fact(Timeout = 180_000)]
    public async Task Somebody_signs_in_makes_a_token_and_signs_out_by_keyboard_alone()
    {
        await using var hub = await WebHub.StartAsync();
        await hub.AccountAsync("dora");
        var page = await chromium.OpenPageAsync();
        await page.GotoAsync($"{hub.Url}/sign-in");
        await Expect(page.GetByLabel("Name")).ToBeFocusedAsync(); // One can type at once.
        await page.Keyboard.TypeAsync("dora");
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.TypeAsync(WebHub.Password);
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Hello, Dora" })).ToBeVisibleAsync();

        // The first stop skips the navigation.
        await page.Keyboard.PressAsync("Tab");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Skip to the content" })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Main)).ToBeFocusedAsync();

        await page.GotoAsync($"{hub.Url}/");
        await TabToAsync(page, page.GetByRole(AriaRole.Link, new() { Name = "Tokens" }));
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Heading, new() { Name = "Tokens", Exact = true }).WaitForAsync();
        var opener = page.GetByRole(AriaRole.Button, new() { Name = "New token" }).First;
        await TabToAsync(page, opener);
        await page.Keyboard.PressAsync("Enter");
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Expect(dialog.GetByLabel("Name")).ToBeFocusedAsync();

        // Escape leaves, and one is back at the button.
        await page.Keyboard.PressAsync("Escape");
        await Expect(dialog).ToHaveCountAsync(0);
        await Expect(opener).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.TypeAsync("by hand");
        await TabToAsync(page, dialog.GetByLabel("tunnels:write"));
        await page.Keyboard.PressAsync("Space");
        await page.Keyboard.PressAsync("Enter");
        var made = page.GetByRole(AriaRole.Dialog, new() { Name = "by hand is made" });
        await Expect(made).ToBeVisibleAsync();
        await TabToAsync(page, made.GetByRole(AriaRole.Button, new() { Name = "I have copied it" }));
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByText("by hand", new() { Exact = true })).ToBeVisibleAsync();

        await TabToAsync(page, page.GetByRole(AriaRole.Button, new() { Name = "Sign out", Exact = true }));
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByLabel("Name")).ToBeFocusedAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task Escape_closes_the_menu_of_a_narrow_window_and_a_secret_shown_once_only_at_the_second_time()
    {
        await using var hub = await WebHub.StartAsync();
        await hub.AccountAsync("emil");
        var page = await chromium.OpenPageAsync();
        await page.SetViewportSizeAsync(400, 800);
        await hub.SignInAsync(page, "emil");
        await page.GetByRole(AriaRole.Button, new() { Name = "Open the menu" }).ClickAsync();
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Navigation, new() { Name = "Main" })).ToBeHiddenAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Open the menu" })).ToBeFocusedAsync();

        await page.GotoAsync($"{hub.Url}/tokens");
        await page.GetByRole(AriaRole.Button, new() { Name = "New token" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByLabel("Name").FillAsync("ci");
        await page.GetByRole(AriaRole.Button, new() { Name = "All that its account may" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Make it" }).ClickAsync();
        var made = page.GetByRole(AriaRole.Dialog, new() { Name = "ci is made" });
        await made.WaitForAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(made.GetByText("Have you copied the token?")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(made).ToHaveCountAsync(0);
    }

    private static async Task TabToAsync(IPage page, ILocator where)
    {
        await where.WaitForAsync();
        for (var stop = 0; stop < MostStops; stop++)
        {
            if (await where.EvaluateAsync<bool>("element => element === document.activeElement"))
            {
                // Wherever one stands, one sees it.
                Assert.NotEqual("none", await where.EvaluateAsync<string>("element => getComputedStyle(element).outlineStyle"));
                return;
            }

            await page.Keyboard.PressAsync("Tab");
        }

        Assert.Fail($"{where} is not reached by {MostStops} presses of Tab");
    }
}
