using Adit.EndToEnd.Browser;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Adit.EndToEnd.Web;

/// <summary>Two windows of one browser have one cookie: what one of them does with it, the other must not be wrong about.</summary>
public sealed class TwoWindowsTests(Chromium chromium) : IClassFixture<Chromium>
{
    // A browser in which windows cannot tell each other: then the hub's refusal must do.
    private const string Deaf = "window.BroadcastChannel = class { postMessage() {} addEventListener() {} removeEventListener() {} }";

    [Fact(Timeout = 120_000)]
    public async Task Who_signs_in_as_somebody_else_in_one_window_is_that_one_in_the_other_too()
    {
        await using var hub = await WebHub.StartAsync();
        var (first, second) = await BothAsync(hub);
        await BecomeAsync(hub, second, "bob");
        await Expect(first.GetByTitle("My account")).ToContainTextAsync("Bob");
        await Expect(first.GetByText("Anna", new() { Exact = true })).ToHaveCountAsync(0);
    }

    [Fact(Timeout = 120_000)]
    public async Task Nothing_is_changed_for_somebody_else_who_is_signed_in_by_now_and_the_page_is_theirs()
    {
        await using var hub = await WebHub.StartAsync();
        var (first, second) = await BothAsync(hub, Deaf);
        await BecomeAsync(hub, second, "bob");
        await first.GetByLabel("What people call me").FillAsync("Anna II");
        await first.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(first.GetByRole(AriaRole.Region, new() { Name = "Messages" })).ToContainTextAsync("You are signed in as bob by now");
        await Expect(first.GetByLabel("What people call me")).ToHaveValueAsync("Bob");
    }

    [Fact(Timeout = 120_000)]
    public async Task Who_signed_out_and_in_again_in_another_window_goes_on_without_a_word()
    {
        await using var hub = await WebHub.StartAsync();
        var (first, second) = await BothAsync(hub, Deaf);
        await BecomeAsync(hub, second, "anna");
        await first.GetByLabel("What people call me").FillAsync("Anna II");
        await first.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(first.GetByRole(AriaRole.Region, new() { Name = "Messages" })).ToContainTextAsync("Saved.");
        await Expect(first.GetByTitle("My account")).ToContainTextAsync("Anna II");
    }

    private static async Task BecomeAsync(WebHub hub, IPage page, string name)
    {
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out", Exact = true }).ClickAsync();
        await page.GetByLabel("Name").WaitForAsync();
        await hub.SignInAsync(page, name);
    }

    private async Task<(IPage First, IPage Second)> BothAsync(WebHub hub, string script = "0")
    {
        await hub.AccountAsync("anna");
        await hub.AccountAsync("bob");
        var first = await chromium.OpenPageAsync();
        await first.Context.AddInitScriptAsync(script);
        await hub.SignInAsync(first, "anna");
        await first.GotoAsync($"{hub.Url}/account");
        await Expect(first.GetByLabel("What people call me")).ToHaveValueAsync("Anna");
        var second = await first.Context.NewPageAsync();
        await second.GotoAsync(hub.Url);
        return (first, second);
    }
}
