using Adit.EndToEnd.Browser;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Adit.EndToEnd.Web;

/// <summary>The longest that names may be.</summary>
public sealed class FitTests(Chromium chromium) : IClassFixture<Chromium>
{
    private static readonly string Name = new('n', 63);

    [Theory(Timeout = 120_000)]
    [InlineData(1280)]
    [InlineData(400)]
    public async Task Long_names_make_no_page_wider_and_hide_no_button(int width)
    {
        await using var hub = await WebHub.StartAsync();
        await hub.AccountAsync("anna", "admin", "Anna Magdalena von und zu Hohenlohe-Waldenburg-Schillingsfuerst");
        await hub.AccountAsync("bob");
        await hub.AccountAsync("victor");
        await hub.PutAsync("/api/v1/groups/ds");
        await using var tunnel = await TunnelProcess.StartAsync(hub.Process, Name, "http", "9", "--access", "group:ds,user:bob,user:victor");
        await hub.PostAsync("/api/v1/projects", new { name = "churn", description = string.Concat(Enumerable.Repeat("Who leaves, and why? ", 190)) });
        var page = await chromium.OpenPageAsync();
        await page.SetViewportSizeAsync(width, 800);
        await hub.SignInAsync(page, "anna");
        foreach (var path in new[] { "/", "/tunnels", $"/tunnels/{Name}", $"/tunnels/{Name}/access", $"/tunnels/{Name}/about", "/projects", "/projects/churn" })
        {
            await page.GotoAsync(hub.Url + path);
            await page.GetByText(path.StartsWith("/projects", StringComparison.Ordinal) ? "churn" : Name).First.WaitForAsync();
            await Expect(page.GetByRole(AriaRole.Status, new() { Name = "Loading" })).ToHaveCountAsync(0);
            if (Environment.GetEnvironmentVariable("ADIT_SHOTS") is { } shots)
                await page.ScreenshotAsync(new() { Path = Path.Combine(shots, $"long{path.Replace(Name, "n", StringComparison.Ordinal).Replace('/', '-')}-{width}.png") });
            var overflow = await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
            Assert.True(overflow <= 0, $"{path}: {overflow} px wider than the window");
        }

        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "more", Exact = true })).ToBeVisibleAsync();
        if (width < 600)
            await page.GetByRole(AriaRole.Button, new() { Name = "Open the menu" }).ClickAsync();
        var leave = await page.GetByRole(AriaRole.Button, new() { Name = "Sign out", Exact = true }).BoundingBoxAsync();
        var rail = await page.Locator(".rail").BoundingBoxAsync();
        Assert.True(leave!.X + leave.Width <= rail!.X + rail.Width, $"Sign out ends at {leave.X + leave.Width}, what it is in at {rail.X + rail.Width}");
    }
}
