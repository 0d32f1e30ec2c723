using System.Text.RegularExpressions;
using Adit.EndToEnd.Browser;
using Adit.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Adit.EndToEnd.Web;

/// <summary>Whose tasks start on which runner, by the pages alone: who is asked what before a runner is shared, who is offered nothing, and what is chosen by labels.</summary>
public sealed class RunnerSharingTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact(Timeout = 240_000)]
    public async Task The_hubs_own_runner_is_shared_only_after_it_was_said_what_that_opens_and_nobody_else_is_offered_it()
    {
        await using var hub = await UpAsync();
        await hub.AccountAsync("anna");
        var page = await chromium.OpenPageAsync();
        var watch = new PageWatch(page, hub.Url);
        await hub.SignInByTokenAsync(page);
        await page.GotoAsync($"{hub.Url}/runners");
        var row = page.Locator("tr.item").Filter(new() { HasText = "box" });
        await Expect(row).ToContainTextAsync("private");
        await Expect(row).ToContainTextAsync("room=cellar");
        await Expect(row.GetByRole(AriaRole.Cell, new() { Name = "admin", Exact = true })).ToBeVisibleAsync();
        var anna = await chromium.OpenPageAsync();
        await hub.SignInAsync(anna, "anna");
        await anna.GotoAsync($"{hub.Url}/runners/box");
        await Expect(anna.GetByText("There is no runner 'box' that you may see.")).ToBeVisibleAsync();

        // What it opens is said before, and whoever thinks better of it has changed nothing.
        await page.GetByRole(AriaRole.Link, new() { Name = "box" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Share with everybody…" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Expect(dialog).ToContainTextAsync("everybody’s tasks would run as the hub’s own user, who can read all that the hub keeps, its keys and tokens too.");
        await Axe.AssertNothingSeriousAsync(page, "sharing the hub's runner");
        await Shots.TakeAsync(page, "share-runner");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Expect(page.GetByText("private", new() { Exact = true })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Share with everybody…" }).ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Share it" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Make it private" })).ToBeVisibleAsync();
        await Expect(page.GetByText("private", new() { Exact = true })).ToHaveCountAsync(0);

        // Others see it then, and nothing to change it by.
        await anna.ReloadAsync();
        await Expect(anna.GetByRole(AriaRole.Heading, new() { Name = "Capacity" })).ToBeVisibleAsync();
        await Expect(anna.GetByRole(AriaRole.Heading, new() { Name = "Changes" })).ToHaveCountAsync(0);
        await Expect(anna.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^(Share|Make it private|Cordon|Drain|Rename|Remove)") })).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Button, new() { Name = "Make it private" }).ClickAsync();
        await Expect(page.GetByText("private", new() { Exact = true })).ToBeVisibleAsync();
        await anna.ReloadAsync();
        await Expect(anna.GetByText("There is no runner 'box' that you may see.")).ToBeVisibleAsync();

        // Her own is hers: she changes it, and is not offered what the hub would refuse.
        await anna.GotoAsync($"{hub.Url}/add-runner");
        await anna.GetByLabel("Name").FillAsync("lab");
        await anna.GetByRole(AriaRole.Button, new() { Name = "Make its token" }).ClickAsync();
        var token = new Regex("ADIT_TOKEN=(\\S+) adit runner --name lab$").Match(await anna.Locator(".command code").First.InnerTextAsync()).Groups[1].Value;
        await using (await RunnerProcess.StartAsync(hub.Process, "lab", token: token))
        {
            await anna.GetByRole(AriaRole.Link, new() { Name = "Look at it" }).ClickAsync();
            await Expect(anna.GetByText("private", new() { Exact = true })).ToBeVisibleAsync();
            await Expect(anna.GetByText("only anna", new() { Exact = true })).ToBeVisibleAsync();
            await Expect(anna.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^Cordon") })).ToBeVisibleAsync();
            await Expect(anna.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^Share") })).ToHaveCountAsync(0);
        }

        watch.AssertClean();
    }

    [Fact(Timeout = 240_000)]
    public async Task The_form_offers_the_labels_that_runners_have_and_says_how_many_fit()
    {
        await using var hub = await UpAsync();
        await using var other = await RunnerProcess.StartAsync(hub.Process, "other", arguments: ["--label", "room=attic", "--label", "gpu=a100"]);
        var page = await chromium.OpenPageAsync();
        var watch = new PageWatch(page, hub.Url);
        await hub.SignInByTokenAsync(page);
        await page.GotoAsync($"{hub.Url}/launch/command");
        await page.GetByLabel("Command").FillAsync("true");
        await Expect(page.GetByText("2 runners have room: it starts at once.")).ToBeVisibleAsync();
        await Expect(page.GetByText("All 2 runners fit.")).ToBeVisibleAsync();
        var labels = page.GetByRole(AriaRole.Group, new() { Name = "Only on runners with" });
        await Expect(labels.GetByRole(AriaRole.Checkbox)).ToHaveCountAsync(3);
        await labels.GetByRole(AriaRole.Checkbox, new() { Name = "room=attic 1 runner" }).CheckAsync();
        await Expect(page.GetByText("other has room: it starts at once.")).ToBeVisibleAsync();

        // Of a key there is one value; and why the others do not fit can be seen.
        await labels.GetByRole(AriaRole.Checkbox, new() { Name = "room=cellar 1 runner" }).CheckAsync();
        await Expect(labels.GetByRole(AriaRole.Checkbox, new() { Name = "room=attic 1 runner" })).Not.ToBeCheckedAsync();
        await Expect(page.GetByText("box has room: it starts at once.")).ToBeVisibleAsync();
        await page.GetByText("1 of 2 runners fit").ClickAsync();
        await Expect(page.GetByText(new Regex("^other: .*room=cellar"))).ToBeVisibleAsync();
        await Axe.AssertNothingSeriousAsync(page, "the form with labels");
        await Shots.TakeAsync(page, "launch-labels");
        await page.GetByLabel("Name").FillAsync("placed");
        await page.GetByRole(AriaRole.Button, new() { Name = "Launch" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "box", Exact = true })).ToBeVisibleAsync();
        await hub.PostAsync("/api/v1/tasks/placed/stop", new { });
        watch.AssertClean();
    }

    private static async Task<WebHub> UpAsync()
    {
        var hub = await WebHub.StartAsync(["--runner-name", "box", "--label", "room=cellar"], "up");
        await Eventually.HoldsAsync(() => hub.Process.Process.Output.Contains("is ready as box", StringComparison.Ordinal), "its runner is ready");
        return hub;
    }
}
