using System.Text.RegularExpressions;
using Adit.EndToEnd.Browser;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Adit.EndToEnd.Web;

/// <summary>A workspace by the pages alone: named at a launch, kept by a button, found in its volume.</summary>
public sealed class WorkspacePageTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact(Timeout = 180_000)]
    public async Task A_task_is_launched_with_a_workspace_and_what_the_button_keeps_is_in_the_volume()
    {
        await using var hub = await WebHub.StartAsync();
        await using var tasks = await WebTasks.StartAsync(hub);
        var page = await chromium.OpenPageAsync();
        var watch = new PageWatch(page, hub.Url);
        await hub.SignInByTokenAsync(page);
        await page.GotoAsync($"{hub.Url}/launch/command");
        await page.GetByLabel("Name").FillAsync("demo");
        await page.GetByLabel("Command").FillAsync("sh -c 'echo hello >greeting.txt; sleep 600'");
        await page.GetByLabel("Workspace").FillAsync("Not this");
        await Expect(page.GetByText("NAME, or PROJECT/NAME")).ToBeVisibleAsync();
        await page.GetByLabel("Workspace").FillAsync("notes");
        await page.GetByRole(AriaRole.Button, new() { Name = "Launch" }).ClickAsync();

        await page.GetByRole(AriaRole.Textbox, new() { NameRegex = new Regex("^Message") }).FillAsync("before lunch");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make a snapshot" }).ClickAsync();
        await Expect(page.GetByText(new Regex("^Kept as [0-9a-f]{12}")).First).ToBeVisibleAsync();
        await Expect(page.GetByText("(asked for)")).ToBeVisibleAsync();
        await Shots.TakeAsync(page, "task-workspace");
        await page.GetByRole(AriaRole.Link, new() { Name = "home-admin/notes" }).ClickAsync();
        await Expect(page.GetByText("greeting.txt")).ToBeVisibleAsync();
        await Expect(page.Locator("option").Filter(new() { HasText = "before lunch" }).First).ToBeAttachedAsync();
        watch.AssertClean();
    }
}
