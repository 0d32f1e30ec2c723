using System.Globalization;
using Adit.EndToEnd.Browser;
using Adit.Hub;
using Adit.Hub.Access.SignIn;
using Adit.Hub.Tests.Access.SignIn.Ldap;
using Adit.Hub.Tests.Access.SignIn.Oidc;
using Adit.Hub.WebUi;
using Adit.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Adit.EndToEnd.Web;

/// <summary>Signing in with accounts that are kept elsewhere: a real OpenLDAP, a real OpenID Connect provider.</summary>
public sealed class DirectoryTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact(Timeout = 180_000)]
    public async Task Somebody_of_the_directory_signs_in_with_the_password_that_is_kept_there()
    {
        await using var slapd = await SlapdServer.StartAsync();
        using var data = new TempDirectory();
        var port = Ports.Free();
        await using var hub = await StartAsync(data, port, slapd.Options());
        var page = await chromium.OpenPageAsync();
        await page.GotoAsync(Url(port, "/sign-in"));
        await page.GetByLabel("Where is your account?").SelectOptionAsync(new SelectOptionValue { Label = "Corporate directory" });
        await page.GetByLabel("Name").FillAsync("alice");
        await page.GetByLabel("Password").FillAsync("not hers");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        await page.GetByLabel("Password").FillAsync("alice's password");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Heading, new() { Name = "Hello", Level = 1 }).WaitForAsync();
        await page.GotoAsync(Url(port, "/account"));
        await Expect(page.GetByText("by corp")).ToBeVisibleAsync();
        // Her password is the directory's business.
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Password" })).ToHaveCountAsync(0);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_directory_that_is_down_is_said_and_the_hubs_own_admin_still_gets_in()
    {
        await using var slapd = await SlapdServer.StartAsync();
        using var data = new TempDirectory();
        var port = Ports.Free();
        await using var hub = await StartAsync(data, port, slapd.Options());
        await slapd.StopAsync();
        var page = await chromium.OpenPageAsync();
        await page.GotoAsync(Url(port, "/sign-in"));
        await page.GetByLabel("Where is your account?").SelectOptionAsync(new SelectOptionValue { Label = "Corporate directory" });
        await page.GetByLabel("Name").FillAsync("alice");
        await page.GetByLabel("Password").FillAsync("alice's password");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync(new() { Timeout = 15_000 });
        await page.GetByRole(AriaRole.Button, new() { Name = "Use a token instead" }).ClickAsync();
        await page.GetByLabel("Token").FillAsync(hub.AdminToken!);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Heading, new() { Name = "Hello", Level = 1 }).WaitForAsync();
    }

    [Fact(Timeout = 240_000)]
    public async Task Somebody_of_the_company_goes_to_its_provider_and_comes_back_to_where_they_were_going()
    {
        using var data = new TempDirectory();
        var port = Ports.Free();
        await using var provider = await CompanyProvider.StartAsync(Url(port, ""));
        await provider.BecomeAsync("erika");
        await using var hub = await StartAsync(data, port, provider.Options());
        var page = await chromium.OpenPageAsync();
        await page.GotoAsync(Url(port, "/tokens"));
        await page.GetByRole(AriaRole.Link, new() { Name = "Continue with The company" }).ClickAsync();
        await page.GetByRole(AriaRole.Heading, new() { Name = "Tokens", Level = 1 }).WaitForAsync();
        Assert.Equal(Url(port, "/tokens"), page.Url);
        await Expect(page.GetByText("Erika of the company").First).ToBeVisibleAsync();
    }

    private static async Task<HubApp> StartAsync(TempDirectory data, int port, SignInOptions source)
    {
        Assert.SkipUnless(WebAssets.Embedded().Index is not null, "This build has no web interface: build with -p:BuildWebUi=true, or run ./test.");
        return await HubApp.StartAsync(new HubOptions
        {
            DataDirectory = data.File("hub"),
            Listen = [string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}")],
            Domain = "adit.localhost",
            SignIn = [source],
        });
    }

    private static string Url(int port, string path) => string.Create(CultureInfo.InvariantCulture, $"http://adit.localhost:{port}{path}");
}
