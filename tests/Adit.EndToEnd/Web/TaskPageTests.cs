using System.Text.RegularExpressions;
using Adit.EndToEnd.Browser;
using Adit.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Adit.EndToEnd.Web;

/// <summary>Tasks by the pages alone: from a template to its address and to its end, and what is written meanwhile.</summary>
public sealed class TaskPageTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact(Timeout = 240_000)]
    public async Task A_template_is_launched_watched_until_it_is_ready_opened_stopped_started_again_and_removed()
    {
        await using var hub = await WebHub.StartAsync();
        await using var tasks = await WebTasks.StartAsync(hub);
        var page = await chromium.OpenPageAsync();
        var watch = new PageWatch(page, hub.Url);
        await hub.SignInByTokenAsync(page);
        await page.GetByRole(AriaRole.Link, new() { Name = "Tasks" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Nothing runs" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Launch", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { NameRegex = new Regex("^Static files") }).ClickAsync();

        // Before anything starts: what is wrong stands at its field, and what it comes to beside the form.
        await Expect(page.GetByText("gpu1 has room: it starts at once.")).ToBeVisibleAsync();
        await page.GetByLabel("Name").FillAsync("Not--this");
        await page.GetByLabel("Cores").FillAsync("1000");
        await page.GetByRole(AriaRole.Button, new() { Name = "Launch" }).ClickAsync();
        await Expect(page.GetByText("single hyphens inside; one character, or 3 to 30")).ToBeVisibleAsync();
        await Expect(page.GetByText("A number from 0.01 to 64.")).ToBeVisibleAsync();
        await page.GetByLabel("Name").FillAsync("site");
        await page.GetByLabel("Cores").FillAsync("");
        await page.GetByRole(AriaRole.Button, new() { Name = "Launch" }).ClickAsync();

        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "site" })).ToBeVisibleAsync();
        var open = page.GetByRole(AriaRole.Link, new() { NameRegex = new Regex("^Open") });
        var address = await open.GetAttributeAsync("href");
        Assert.Equal($"http://site--admin.adit.localhost:{hub.Process.Port}/", address);
        var visitor = await page.Context.NewPageAsync();
        await visitor.GotoAsync(address!);
        await Expect(visitor.GetByRole(AriaRole.Heading, new() { Name = "It works" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Logs", Exact = true }).ClickAsync();
        await Expect(page.Locator(".log-line").Filter(new() { HasText = "GET / HTTP" }).First).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Stop…" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Stop it" }).ClickAsync();
        await Expect(page.GetByText("stopped", new() { Exact = true }).First).ToBeVisibleAsync();
        await Expect(open).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Button, new() { Name = "Start again" }).ClickAsync();
        await Expect(open).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Tasks" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Stop site…" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Stop it" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove site…" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Remove it" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Nothing runs" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Past" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "site" })).ToBeVisibleAsync();

        // The address that it had before, which somebody kept.
        await page.GotoAsync($"{hub.Url}/workloads?show=past");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "site" })).ToBeVisibleAsync();
        Assert.EndsWith("/tasks?show=past", page.Url, StringComparison.Ordinal);
        watch.AssertClean();
    }

    [Fact(Timeout = 240_000)]
    public async Task A_long_log_is_followed_searched_and_read_from_its_first_line_with_few_lines_in_the_page()
    {
        await using var hub = await WebHub.StartAsync();
        await using var tasks = await WebTasks.StartAsync(hub);
        using var directory = new TempDirectory();
        var file = Path.Combine(directory.Path, "go");
        var task = await tasks.StartAsync(WebTasks.Writer("talker", "seq -f 'step %.0f of many' 1 60000", file), "ready");
        var page = await chromium.OpenPageAsync();
        var watch = new PageWatch(page, hub.Url);
        await hub.SignInByTokenAsync(page);
        await page.GotoAsync($"{hub.Url}/workloads/{task}/logs");
        await Expect(page).ToHaveURLAsync($"{hub.Url}/tasks/{task}/logs");

        // Its end, as it grows; what was written as an error says so in a word and not by colour alone.
        await Expect(page.GetByText("step 60000 of many")).ToBeVisibleAsync();
        await Expect(page.Locator(".log").GetByText("live", new() { Exact = true })).ToBeVisibleAsync();
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
        await Expect(page.GetByText("the file is here")).ToBeVisibleAsync();
        await Expect(page.Locator(".log-line.err")).ToHaveTextAsync(new Regex("err.*a warning"));
        await Axe.AssertNothingSeriousAsync(page, "the log");

        // Somebody who scrolls up is left alone, and gets what was before.
        var lines = page.GetByLabel("Lines of the log");
        await lines.HoverAsync();
        await page.Mouse.WheelAsync(0, -4000);
        await Expect(page.GetByLabel("Follow")).Not.ToBeCheckedAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "First line" }).ClickAsync();
        await Expect(page.GetByText("step 1 of many")).ToBeVisibleAsync();
        for (var i = 0; i < 12; i++)
        {
            await lines.HoverAsync();
            await page.Mouse.WheelAsync(0, 18_000);
            await Expect(page.Locator(".log-line").First).ToBeVisibleAsync();
        }

        Assert.InRange(await page.Locator(".log-line").CountAsync(), 1, 150);
        Assert.InRange(await lines.EvaluateAsync<int>("element => element.scrollHeight"), 1, (4000 * 20) + 100);

        // All of it is searched, where it is; and a find leads to its place.
        await page.GetByLabel("Search all of the log").FillAsync("STEP 31234 of");
        await page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        await Expect(page.GetByText("One line with “STEP 31234 of”")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^Show line") }).ClickAsync();
        await Expect(page.Locator(".log-line.marked")).ToContainTextAsync("step 31234 of many");
        await Expect(page.GetByText("step 31230 of many")).ToBeVisibleAsync();
        await page.GetByLabel("Follow").CheckAsync();
        await Expect(page.GetByText("the file is here")).ToBeVisibleAsync();
        watch.AssertClean();
    }

    [Fact(Timeout = 240_000)]
    public async Task What_failed_shows_what_it_wrote_last_and_others_neither_see_nor_change_it()
    {
        await using var hub = await WebHub.StartAsync();
        await hub.AccountAsync("anna");
        await hub.AccountAsync("eve", "auditor");
        await using var tasks = await WebTasks.StartAsync(hub);
        var task = await tasks.StartAsync(new { template = "command", name = "broken", command = new[] { "sh", "-c", "echo 'column age is missing' >&2; exit 3" } }, "failed");
        var page = await chromium.OpenPageAsync();
        await hub.SignInByTokenAsync(page);
        await page.GotoAsync($"{hub.Url}/tasks/{task}");
        await Expect(page.GetByText("It failed")).ToContainTextAsync("3");
        await Expect(page.GetByLabel("The last lines that it wrote")).ToContainTextAsync("column age is missing");

        var eve = await chromium.OpenPageAsync();
        await hub.SignInAsync(eve, "eve");
        await eve.GotoAsync($"{hub.Url}/tasks/{task}");
        await Expect(eve.GetByLabel("The last lines that it wrote")).ToBeVisibleAsync();
        await Expect(eve.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^(Stop|Start again|Remove)") })).ToHaveCountAsync(0);
        await eve.GotoAsync($"{hub.Url}/runners/gpu1");
        await Expect(eve.GetByRole(AriaRole.Heading, new() { Name = "Capacity" })).ToBeVisibleAsync();
        await Expect(eve.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^(Cordon|Drain|Rename|Remove)") })).ToHaveCountAsync(0);

        var anna = await chromium.OpenPageAsync();
        await hub.SignInAsync(anna, "anna");
        await anna.GotoAsync($"{hub.Url}/tasks/{task}");
        await Expect(anna.GetByText(new Regex("There is no task|no such task", RegexOptions.IgnoreCase))).ToBeVisibleAsync();
    }

    [Fact(Timeout = 240_000)]
    public async Task A_runner_is_added_by_one_line_cordoned_and_renamed_and_a_template_is_written_mended_and_published()
    {
        await using var hub = await WebHub.StartAsync();
        await using var tasks = await WebTasks.StartAsync(hub);
        var page = await chromium.OpenPageAsync();
        var watch = new PageWatch(page, hub.Url);
        await hub.SignInByTokenAsync(page);
        await page.GotoAsync($"{hub.Url}/add-runner");
        await page.GetByLabel("Name").FillAsync("lab2");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make its token" }).ClickAsync();
        var line = await page.Locator(".command code").First.InnerTextAsync();
        var token = new Regex("ADIT_TOKEN=(\\S+) adit runner --name lab2$").Match(line).Groups[1].Value;
        Assert.NotEmpty(token);
        await Expect(page.GetByText("Waiting for lab2 to appear")).ToBeVisibleAsync();
        await using (await RunnerProcess.StartAsync(hub.Process, "lab2", token: token))
        {
            await page.GetByRole(AriaRole.Link, new() { Name = "Look at it" }).ClickAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Cordon: no new tasks" }).ClickAsync();
            await Expect(page.GetByText("cordoned", new() { Exact = true })).ToBeVisibleAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Rename…" }).ClickAsync();
            await page.GetByRole(AriaRole.Dialog).GetByLabel("Name").FillAsync("lab3");
            await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Rename it" }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "lab3", Level = 1 })).ToBeVisibleAsync();
        }

        await page.GotoAsync($"{hub.Url}/templates");
        await page.GetByRole(AriaRole.Button, new() { Name = "New template" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByLabel("Slug").FillAsync("my-site");
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Write it" }).ClickAsync();
        var document = page.GetByRole(AriaRole.Textbox, new() { Name = "Document" });
        var good = await document.InputValueAsync();
        await document.FillAsync(good.Replace("  type: session", "  typ: session", StringComparison.Ordinal));
        await Expect(page.GetByLabel("Remarks")).ToContainTextAsync("typ");
        await Axe.AssertNothingSeriousAsync(page, "the editor");
        await document.FillAsync(good + "# mine\n");
        await Expect(page.GetByLabel("Remarks")).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Button, new() { Name = "Save the draft" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Publish…" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByLabel("Note").FillAsync("the first");
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Publish it" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Versions" }).ClickAsync();
        await Expect(page.GetByText("the first")).ToBeVisibleAsync();
        await Expect(page.GetByText("in use", new() { Exact = true })).ToBeVisibleAsync();
        watch.AssertClean();
    }
}
