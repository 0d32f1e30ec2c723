using Adit.EndToEnd.Browser;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Adit.EndToEnd.Web;

/// <summary>Choosing who may, while others do too.</summary>
public sealed class AccessEditorTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact(Timeout = 180_000)]
    public async Task What_is_not_edited_follows_what_holds_and_what_is_edited_outlives_a_look_elsewhere_and_says_what_others_changed()
    {
        await using var hub = await WebHub.StartAsync();
        await using var tunnel = await TunnelProcess.StartAsync(hub.Process, "demo", "http", "9");
        var page = await chromium.OpenPageAsync();
        await hub.SignInByTokenAsync(page);
        await page.GotoAsync($"{hub.Url}/tunnels/demo/access");
        var access = page.GetByLabel("Access", new() { Exact = true });
        await Expect(access).ToHaveValueAsync("owner");
        await hub.PatchAsync("/api/v1/tunnels/demo", new { access = "signed-in" });
        await Expect(access).ToHaveValueAsync("signed-in");

        await access.SelectOptionAsync("named");
        await page.GetByLabel("Which ones").FillAsync("group:ds");
        await page.GetByRole(AriaRole.Link, new() { Name = "About", Exact = true }).ClickAsync();
        await page.GetByText("When no client serves it").WaitForAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Access", Exact = true }).ClickAsync();
        await Expect(page.GetByLabel("Which ones")).ToHaveValueAsync("group:ds");

        await hub.PatchAsync("/api/v1/tunnels/demo", new { access = "owner" });
        await Expect(page.GetByText("Somebody else changed this tunnel meanwhile")).ToBeVisibleAsync();
        await Expect(page.GetByLabel("Which ones")).ToHaveValueAsync("group:ds");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show what holds now" }).ClickAsync();
        await Expect(access).ToHaveValueAsync("owner");

        // What the hub refuses is said, and gone with what was refused.
        await access.SelectOptionAsync("project");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Discard" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);

        await access.SelectOptionAsync("signed-in");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Messages" })).ToContainTextAsync("Saved.");
        await Expect(access).ToHaveValueAsync("signed-in");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_members_role_changes_when_it_is_saved_and_not_before()
    {
        await using var hub = await WebHub.StartAsync();
        await hub.AccountAsync("anna");
        await hub.PostAsync("/api/v1/projects", new { name = "churn" });
        await hub.PutAsync("/api/v1/projects/churn/members/account:anna", new { role = "viewer" });
        await hub.PostAsync("/api/v1/projects/churn/service-accounts", new { name = "churn-ci" });
        var page = await chromium.OpenPageAsync();
        await hub.SignInByTokenAsync(page);
        await page.GotoAsync($"{hub.Url}/projects/churn");
        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "anna" });
        await row.GetByRole(AriaRole.Button, new() { Name = "Change the role of anna" }).ClickAsync();
        var form = page.GetByRole(AriaRole.Dialog, new() { Name = "The role of anna" });
        await Expect(form.GetByLabel("Role")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("o");
        await Expect(form.GetByLabel("Role")).ToHaveValueAsync("owner");
        await form.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await page.ReloadAsync();
        await Expect(row).ToContainTextAsync("viewer");
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "churn-ci" })).ToContainTextAsync("service account");
        await row.GetByRole(AriaRole.Button, new() { Name = "Change the role of anna" }).ClickAsync();
        await form.GetByLabel("Role").SelectOptionAsync("maintainer");
        await form.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(row).ToContainTextAsync("maintainer");
    }

    [Fact(Timeout = 120_000)]
    public async Task Revoking_is_offered_for_tokens_that_one_may_revoke()
    {
        await using var hub = await WebHub.StartAsync();
        await hub.AccountAsync("berta", "auditor");
        await hub.PostAsync("/api/v1/tokens", new { name = "the-admins", expiresInSeconds = 86400 });
        await hub.PostAsync("/api/v1/tokens", new { name = "her-own", account = "berta", expiresInSeconds = 86400 });
        var page = await chromium.OpenPageAsync();
        await hub.SignInAsync(page, "berta");
        await page.GotoAsync($"{hub.Url}/tokens");
        await Expect(page.GetByText("the-admins")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Revoke her-own" })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Revoke the-admins" })).ToHaveCountAsync(0);
    }
}
