using System.Net;
using Adit.EndToEnd.Browser;
using Adit.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Adit.EndToEnd.Web;

/// <summary>Accounts for programs, by the pages of their project.</summary>
public sealed class ServiceAccountTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact(Timeout = 180_000)]
    public async Task An_owner_makes_a_service_account_with_a_token_and_disables_and_removes_it()
    {
        await using var hub = await WebHub.StartAsync();
        await hub.AccountAsync("anna");
        await hub.PostAsync("/api/v1/projects", new { name = "churn" });
        await hub.PutAsync("/api/v1/projects/churn/members/account:anna", new { role = "owner" });
        var page = await chromium.OpenPageAsync();
        var watch = new PageWatch(page, hub.Url);
        await hub.SignInAsync(page, "anna");
        await page.GotoAsync($"{hub.Url}/projects/churn");
        await page.GetByRole(AriaRole.Link, new() { Name = "Service accounts" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "New service account" }).ClickAsync();
        var form = page.GetByRole(AriaRole.Dialog);
        await form.GetByRole(AriaRole.Button, new() { Name = "Make it" }).ClickAsync();
        await Expect(form.GetByRole(AriaRole.Alert)).ToContainTextAsync("Letters a to z");
        await form.GetByLabel("Name").FillAsync("churn-ci");
        await form.GetByRole(AriaRole.Button, new() { Name = "Make it" }).ClickAsync();

        // Its first token at once, for this project unless somebody says otherwise.
        form = page.GetByRole(AriaRole.Dialog, new() { Name = "A token for churn-ci" });
        await form.GetByLabel("Name", new() { Exact = true }).FillAsync("nightly");
        await Expect(form.GetByLabel("Only in the project")).ToHaveValueAsync("churn");
        await form.GetByLabel("projects:read").CheckAsync();
        await form.GetByRole(AriaRole.Button, new() { Name = "Make it" }).ClickAsync();
        var made = page.GetByRole(AriaRole.Dialog, new() { Name = "nightly is made" });
        var secret = await made.Locator("code").First.InnerTextAsync();
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(hub, secret));
        await made.GetByRole(AriaRole.Button, new() { Name = "I have copied it" }).ClickAsync();

        await page.GetByRole(AriaRole.Link, new() { Name = "churn-ci" }).ClickAsync();
        await Expect(page.GetByText("projects:read!project=churn")).ToBeVisibleAsync();
        await Expect(page.GetByText(secret)).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Button, new() { Name = "Disable…" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Disable", Exact = true }).ClickAsync();
        await Expect(page.GetByText("disabled", new() { Exact = true })).ToBeVisibleAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(hub, secret));
        await page.GetByRole(AriaRole.Button, new() { Name = "Let it in again" }).ClickAsync();
        await Expect(page.GetByText("active", new() { Exact = true })).ToBeVisibleAsync();
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(hub, secret));
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove…" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Remove for good" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "No service accounts yet" })).ToBeVisibleAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(hub, secret));
        watch.AssertClean();
    }

    [Fact(Timeout = 180_000)]
    public async Task An_admin_sees_the_service_accounts_of_all_projects_and_makes_one_of_the_hub()
    {
        await using var hub = await WebHub.StartAsync();
        await hub.PostAsync("/api/v1/projects", new { name = "churn" });
        await hub.PostAsync("/api/v1/projects/churn/service-accounts", new { name = "churn-ci" });
        var page = await chromium.OpenPageAsync();
        await hub.SignInByTokenAsync(page);
        await page.GetByRole(AriaRole.Link, new() { Name = "People" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Service accounts" }).ClickAsync();
        await Expect(page.GetByText("of churn", new() { Exact = true })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "New service account" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByLabel("Name").FillAsync("backup");
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Make it" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog, new() { Name = "A token for backup" }).GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "backup" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "It has no tokens yet" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove…" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Remove for good" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "churn-ci" })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "backup" })).ToHaveCountAsync(0);
    }

    private static async Task<HttpStatusCode> StatusAsync(WebHub hub, string token)
    {
        using var client = LoopbackHttp.Create(token);
        using var answer = await client.GetAsync(new Uri(hub.Process.Url + "/api/v1/projects"), TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }
}
