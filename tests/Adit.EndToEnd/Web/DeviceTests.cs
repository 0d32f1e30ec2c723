using System.Text.Json;
using System.Text.RegularExpressions;
using Adit.EndToEnd.Browser;
using Adit.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Adit.EndToEnd.Web;

/// <summary>A machine without a browser is signed in: <c>adit login</c> prints an address, and somebody opens it elsewhere.</summary>
public sealed partial class DeviceTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact(Timeout = 180_000)]
    public async Task A_machine_that_is_confirmed_in_a_browser_acts_as_whoever_confirmed_it()
    {
        await using var hub = await WebHub.StartAsync();
        await hub.AccountAsync("anna");
        using var machine = new TempDirectory();
        var environment = EnvironmentOf(machine);
        await using var login = AditProcess.Start(["login", "--hub", hub.Process.Url, "--client-name", "gpu1"], environment);
        var (path, code) = await PrintedAsync(login);

        // Whoever opens it has to say who they are first, and then comes back to the code.
        var page = await chromium.OpenPageAsync();
        var watch = new PageWatch(page, hub.Url);
        await page.GotoAsync(hub.Url + path);
        await page.GetByLabel("Name").FillAsync("anna");
        await page.GetByLabel("Password").FillAsync(WebHub.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await Expect(page.Locator("main")).ToContainTextAsync($"gpu1 with the code {code} wants to act as anna");
        await Expect(page.GetByLabel("With an admin's rights")).ToHaveCountAsync(0);
        await page.GetByLabel("For how long").SelectOptionAsync("7 days");
        await page.GetByRole(AriaRole.Button, new() { Name = "Confirm" }).ClickAsync();
        await Expect(page.GetByText("acts as anna now")).ToBeVisibleAsync();

        Assert.Equal(0, await login.WaitForExitAsync());
        var who = JsonDocument.Parse(await AditProcess.RunAsync(["whoami", "--json"], environment)).RootElement;
        Assert.Equal("anna", who.GetProperty("account").GetString());
        var now = TimeProvider.System.GetUtcNow();
        Assert.InRange(who.GetProperty("expires").GetDateTimeOffset(), now.AddDays(6), now.AddDays(8));

        // She sees it among her tokens, and a code is good once.
        await page.GotoAsync($"{hub.Url}/tokens");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Revoke gpu1" })).ToBeVisibleAsync();
        await page.GotoAsync(hub.Url + path);
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Confirm" })).ToHaveCountAsync(0);
        watch.AssertClean();
    }

    [Fact(Timeout = 180_000)]
    public async Task A_machine_that_is_refused_is_told_and_has_nothing()
    {
        await using var hub = await WebHub.StartAsync();
        await hub.AccountAsync("anna");
        using var machine = new TempDirectory();
        var environment = EnvironmentOf(machine);
        await using var login = AditProcess.Start(["login", "--hub", hub.Process.Url, "--client-name", "stranger"], environment);
        var (_, code) = await PrintedAsync(login);

        var page = await chromium.OpenPageAsync();
        await hub.SignInAsync(page, "anna");
        await page.GotoAsync($"{hub.Url}/device");
        await page.GetByRole(AriaRole.Button, new() { Name = "Go on" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Type the code");
        await page.GetByLabel("Code").FillAsync(code.ToLowerInvariant()); // As somebody types it from another screen.
        await page.GetByRole(AriaRole.Button, new() { Name = "Go on" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Refuse" }).ClickAsync();
        await Expect(page.GetByText("Refused.")).ToBeVisibleAsync();

        Assert.Equal(3, await login.WaitForExitAsync());
        Assert.False(File.Exists(machine.File("client/credentials")));
        await using var who = AditProcess.Start(["whoami", "--hub", hub.Process.Url], environment);
        Assert.Equal(3, await who.WaitForExitAsync());
    }

    private static Dictionary<string, string?> EnvironmentOf(TempDirectory machine) => new() { ["ADIT_DATA"] = machine.File("client") };

    // The path of the address that is printed, as the hub's own name has it too, and the code to compare.
    private static async Task<(string Path, string Code)> PrintedAsync(ChildProcess login)
    {
        await Eventually.HoldsAsync(() => Line.IsMatch(login.Output), "the address and the code are printed");
        var line = Line.Match(login.Output);
        return (new Uri(line.Groups[1].Value).PathAndQuery, line.Groups[2].Value);
    }

    [GeneratedRegex(@"Open (http\S+) .* confirm the code (\S+)")]
    private static partial Regex Line { get; }
}
