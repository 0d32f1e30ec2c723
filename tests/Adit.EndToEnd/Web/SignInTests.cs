using System.Diagnostics;
using System.Text.RegularExpressions;
using Adit.EndToEnd.Browser;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Adit.EndToEnd.Web;

/// <summary>Getting in, by people with a browser.</summary>
public sealed class SignInTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact(Timeout = 180_000)]
    public async Task The_first_admin_comes_in_by_the_token_and_from_then_on_by_a_password()
    {
        await using var hub = await WebHub.StartAsync();
        var page = await chromium.OpenPageAsync();
        var watch = new PageWatch(page, hub.Url);
        await hub.SignInByTokenAsync(page);
        await page.GetByRole(AriaRole.Link, new() { Name = "Set a password" }).ClickAsync();
        await page.GetByLabel("The new one").FillAsync("short");
        await page.GetByRole(AriaRole.Button, new() { Name = "Set it" }).ClickAsync();
        await Expect(page.GetByText("At least 10 characters.")).ToBeVisibleAsync();
        await page.GetByLabel("The new one").FillAsync(WebHub.Password);
        await page.GetByLabel("The same again").FillAsync(WebHub.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Set it" }).ClickAsync();
        await Expect(page.GetByText("The password is set").First).ToBeVisibleAsync();
        var name = await page.Locator("dd code").First.InnerTextAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out", Exact = true }).ClickAsync();
        await Expect(page).ToHaveURLAsync(new Regex("/sign-in"));
        await hub.SignInAsync(page, name);
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "People" })).ToBeVisibleAsync();
        watch.AssertClean();
    }

    [Fact(Timeout = 180_000)]
    public async Task Somebody_who_is_invited_chooses_a_password_and_is_in_and_the_link_is_used_up()
    {
        await using var hub = await WebHub.StartAsync();
        var admin = await chromium.OpenPageAsync();
        await hub.SignInByTokenAsync(admin);
        await admin.GetByRole(AriaRole.Link, new() { Name = "People" }).ClickAsync();
        await admin.GetByRole(AriaRole.Button, new() { Name = "Invite somebody" }).First.ClickAsync();
        var form = admin.GetByRole(AriaRole.Dialog);
        await form.GetByLabel("Name", new() { Exact = true }).FillAsync("Anna!");
        await form.GetByRole(AriaRole.Button, new() { Name = "Make the account" }).ClickAsync();
        await Expect(form.GetByRole(AriaRole.Alert)).ToContainTextAsync("Letters a to z");
        await form.GetByLabel("Name", new() { Exact = true }).FillAsync("anna");
        await form.GetByRole(AriaRole.Button, new() { Name = "Make the account" }).ClickAsync();
        var link = await admin.GetByRole(AriaRole.Dialog, new() { Name = "An invitation for anna" }).Locator("code").InnerTextAsync();

        var anna = await chromium.OpenPageAsync();
        var watch = new PageWatch(anna, hub.Url);
        await anna.GotoAsync(OnDomain(link, hub));
        await Expect(anna.GetByLabel("Your name here")).ToHaveValueAsync("anna"); // For her, and for what keeps her passwords.
        await anna.GetByLabel("What should people call you?").FillAsync("Anna Arendt");
        await anna.GetByLabel("Password").FillAsync(WebHub.Password);
        await anna.GetByLabel("The same again").FillAsync(WebHub.Password);
        Assert.DoesNotContain('#', anna.Url); // Out of the address before anybody could copy it.
        await anna.GetByRole(AriaRole.Button, new() { Name = "Set the password and sign in" }).ClickAsync();
        await Expect(anna.GetByRole(AriaRole.Heading, new() { Name = "Hello, Anna Arendt" })).ToBeVisibleAsync();
        // What is for admins is not offered to her.
        await Expect(anna.GetByRole(AriaRole.Link, new() { Name = "Audit log" })).ToHaveCountAsync(0);
        watch.AssertClean();

        var thief = await chromium.OpenPageAsync();
        await thief.GotoAsync(OnDomain(link, hub));
        await Expect(thief.GetByText("This invitation was used")).ToBeVisibleAsync();
        await Expect(thief.GetByLabel("Password")).ToHaveCountAsync(0);
        await Expect(thief.GetByText("Choose a password")).ToHaveCountAsync(0);
        await Expect(thief.GetByRole(AriaRole.Link, new() { Name = "Sign in" })).ToBeVisibleAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task Another_invitation_opened_in_the_same_window_is_that_one_and_one_cut_short_is_said_to_be_none()
    {
        await using var hub = await WebHub.StartAsync();
        var page = await chromium.OpenPageAsync();
        foreach (var name in new[] { "erna", "fred" })
        {
            var made = await hub.PostAsync("/api/v1/accounts", new { name });
            await page.GotoAsync(OnDomain(made.GetProperty("invitation").GetProperty("url").GetString()!, hub));
            await Expect(page.GetByLabel("Your name here")).ToHaveValueAsync(name);
            await Expect(page).ToHaveURLAsync($"{hub.Url}/invitation");
        }

        await page.GotoAsync($"{hub.Url}/invitation#%E0%A4%A");
        await Expect(page.GetByText("This address has no invitation in it")).ToBeVisibleAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task Who_signs_out_leaves_nothing_for_whoever_comes_next()
    {
        await using var hub = await WebHub.StartAsync();
        await hub.AccountAsync("anna");
        await hub.AccountAsync("bob");
        var page = await chromium.OpenPageAsync();
        await hub.SignInAsync(page, "anna");
        await page.GotoAsync($"{hub.Url}/account");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Messages" }).GetByText("Saved.")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out", Exact = true }).ClickAsync();
        await Expect(page).ToHaveURLAsync($"{hub.Url}/sign-in");
        await Expect(page.GetByText("Saved.")).ToHaveCountAsync(0);
        await page.GetByLabel("Name").FillAsync("bob");
        await page.GetByLabel("Password").FillAsync(WebHub.Password);
        await page.GetByLabel("Password").PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Hello, Bob" })).ToBeVisibleAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_wrong_password_is_said_beside_the_form_and_nothing_typed_is_lost()
    {
        await using var hub = await WebHub.StartAsync();
        await hub.AccountAsync("berta");
        var page = await chromium.OpenPageAsync();
        await page.GotoAsync($"{hub.Url}/tokens");
        await Expect(page).ToHaveURLAsync(new Regex(@"/sign-in\?to=%2Ftokens$"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await Expect(page.GetByText("Say who you are.")).ToBeVisibleAsync();
        await page.GetByLabel("Name").FillAsync("berta");
        await page.GetByLabel("Password").FillAsync("not her password");
        await page.GetByLabel("Password").PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        await Expect(page.GetByLabel("Name")).ToHaveValueAsync("berta");
        await page.GetByLabel("Password").FillAsync(WebHub.Password);
        await page.GetByLabel("Password").PressAsync("Enter");
        await Expect(page).ToHaveURLAsync($"{hub.Url}/tokens"); // Where she was going.
    }

    [Fact(Timeout = 180_000)]
    public async Task Nobody_is_led_to_another_site_after_signing_in()
    {
        await using var hub = await WebHub.StartAsync();
        await hub.AccountAsync("carl");
        var page = await chromium.OpenPageAsync();
        await hub.SignInAsync(page, "carl");
        string[] hostile =
        [
            "//evil.localhost", "/\\evil.localhost", "https:evil.localhost", "https://evil.localhost/", "/%09/evil.localhost/..//evil.localhost", "\t//evil.localhost",
            "/\r\n//evil.localhost", "javascript:alert(1)", "http://adit.localhost@evil.localhost/", "/..//evil.localhost",
        ];
        foreach (var to in hostile)
        {
            await page.GotoAsync($"{hub.Url}/sign-in?to={Uri.EscapeDataString(to)}");
            await page.GetByRole(AriaRole.Navigation, new() { Name = "Main" }).WaitForAsync();
            Assert.StartsWith(hub.Url + "/", page.Url, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task The_sign_in_page_can_be_used_within_a_second()
    {
        await using var hub = await WebHub.StartAsync();
        var times = new List<double>();
        // A profile of its own each time: nothing is cached. Again while the machine is at work on something else: what is asked is whether
        // the page can do it, and one time shows that it can.
        for (var round = 0; round < 10 && (round == 0 || times.Min() >= 1); round++)
        {
            var page = await chromium.OpenPageAsync();
            var since = Stopwatch.GetTimestamp();
            await page.GotoAsync($"{hub.Url}/sign-in", new() { WaitUntil = WaitUntilState.Commit });
            await page.GetByLabel("Name").FillAsync("a");
            times.Add(Stopwatch.GetElapsedTime(since).TotalSeconds);
            await page.Context.CloseAsync();
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"usable after {string.Join(", ", times.Select(t => $"{t:0.00} s"))}");
        Assert.True(times.Min() < 1, $"usable after {times.Min():0.00} s");
    }

    [Theory(Timeout = 120_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_came_by_a_provider_and_signs_out_is_offered_to_sign_out_there_too_or_led_there(bool follows)
    {
        await using var hub = await WebHub.StartAsync();
        await hub.AccountAsync("dora");
        var page = await chromium.OpenPageAsync();
        await hub.SignInAsync(page, "dora");
        // What the hub answers is tested with a real provider; here it is what the page makes of it.
        var there = $"{hub.Url}/session/end?id_token_hint=abc";
        await page.RouteAsync("**/session/end?*", static route => route.FulfillAsync(new() { ContentType = "text/html", Body = "<h1>You are signed out of The company</h1>" }));
        await page.RouteAsync("**/api/v1/session", route => route.Request.Method == "DELETE"
            ? route.FulfillAsync(new() { ContentType = "application/json", Body = $$"""{"providerUrl":"{{there}}","providerTitle":"The company","follow":{{(follows ? "true" : "false")}}}""" })
            : route.ContinueAsync());
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out", Exact = true }).ClickAsync();
        if (!follows)
        {
            await Expect(page).ToHaveURLAsync(new Regex("/sign-in"));
            Assert.DoesNotContain("abc", page.Url, StringComparison.Ordinal); // What names somebody is not in the address.
            await page.GetByRole(AriaRole.Link, new() { Name = "Sign out of The company too" }).ClickAsync();
        }

        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "You are signed out of The company" })).ToBeVisibleAsync();
        Assert.Equal(there, page.Url);
    }

    // Made for whoever asked by the address that the test's client used; a browser comes by the hub's name.
    private static string OnDomain(string link, WebHub hub) => hub.Url + new Uri(link).PathAndQuery + new Uri(link).Fragment;
}
