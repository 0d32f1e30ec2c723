using System.Text.RegularExpressions;
using Adit.EndToEnd.Browser;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Adit.EndToEnd.Web;

/// <summary>A session from the launch form to its end, and what is said of it while nobody uses it.</summary>
public sealed class SessionJourneyTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact(Timeout = 300_000)]
    public async Task Jupyter_is_launched_from_its_form_watched_worked_in_explained_kept_and_stopped()
    {
        await using var hub = await WebHub.StartAsync();
        await using var tasks = await WebTasks.StartAsync(hub);
        var page = await chromium.OpenPageAsync();
        var watch = new PageWatch(page, hub.Url);
        await hub.SignInByTokenAsync(page);
        await page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Link, new() { Name = "Launch", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { NameRegex = new Regex("^Jupyter Notebook") }).ClickAsync();
        await Expect(page.GetByText("It is stopped after 60 min without use")).ToBeVisibleAsync();
        await page.GetByLabel("Name").FillAsync("notes");
        await page.GetByRole(AriaRole.Button, new() { Name = "Launch" }).ClickAsync();

        // At its address before it is there: the page that says how far it is becomes the notebook by itself.
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "notes", Level = 1 })).ToBeVisibleAsync();
        var visitor = await page.Context.NewPageAsync();
        await visitor.GotoAsync($"http://notes--admin.adit.localhost:{hub.Process.Port}/");
        var jupyter = new NotebookPage(visitor);
        await jupyter.SeesFilesAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { NameRegex = new Regex("^Open") })).ToBeVisibleAsync();
        await Expect(page.Locator(".course")).ToContainTextAsync("starting");
        var notebook = await jupyter.NewPythonNotebookAsync();
        await NotebookPage.RunCellAsync(notebook, "print(6 * 7)", "42");

        var panel = page.Locator(".panel").Filter(new() { Has = page.GetByRole(AriaRole.Heading, new() { Name = "When nobody uses it" }) });
        await Expect(panel.GetByText("In use", new() { Exact = true })).ToBeVisibleAsync();
        await Expect(panel.GetByText("decides", new() { Exact = true })).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await Expect(panel.GetByRole(AriaRole.List, new() { Name = "What is looked at" })).ToContainTextAsync("kernel");
        await Expect(page.GetByText("until it is stopped, if unused")).ToBeVisibleAsync();
        await Axe.AssertNothingSeriousAsync(page, "a session that is used");
        await panel.GetByRole(AriaRole.Button, new() { Name = "Keep for 4 h" }).ClickAsync();
        await Expect(panel.GetByText("It is kept for 4 h, used or not")).ToBeVisibleAsync();
        await Expect(page.Locator(".figures")).ToContainTextAsync("4 h");
        await panel.GetByRole(AriaRole.Button, new() { Name = "No longer" }).ClickAsync();
        await Expect(panel.GetByText("It is kept for 4 h")).ToHaveCountAsync(0);

        await page.GetByRole(AriaRole.Button, new() { Name = "Stop…" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Stop it" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "notes", Level = 1 })).ToContainTextAsync("stopped");
        await page.GetByRole(AriaRole.Navigation, new() { Name = "Main" }).GetByRole(AriaRole.Link, new() { Name = "Home" }).ClickAsync();
        await Expect(page.Locator(".glance.tasks")).ToContainTextAsync("notes");
        watch.AssertClean();
    }

    [Fact(Timeout = 240_000)]
    public async Task A_session_that_nobody_uses_says_on_every_page_that_it_is_about_to_be_stopped_and_is_kept_by_keyboard()
    {
        await using var hub = await WebHub.StartAsync();
        await hub.AccountAsync("anna");
        const string Idle = "  idle: {timeout: 60m, warn: 3595s, minUptime: 1s}\n";
        await hub.PutAsync("/api/v1/templates/short/draft", new { yaml = $"apiVersion: adit/v1\nkind: Template\nmetadata: {{slug: short, name: Short}}\nspec:\n  type: session\n  source: {{openCommand: true}}\n{Idle}" });
        await hub.PostAsync("/api/v1/templates/short/publish", new { note = "the first" });
        await using var tasks = await WebTasks.StartAsync(hub);
        var page = await chromium.OpenPageAsync();
        var watch = new PageWatch(page, hub.Url);
        await hub.SignInByTokenAsync(page);
        await page.GotoAsync($"{hub.Url}/tokens");
        var lab = await tasks.StartAsync(new { template = "short", name = "lab", command = new[] { "sleep", "600" }, resources = new { cpu = 0.1, memoryBytes = 64_000_000 } }, "ready");

        var warning = page.GetByRole(AriaRole.Status).Filter(new() { HasText = "because nobody uses it" });
        await Expect(warning).ToContainTextAsync(new Regex("lab is stopped in [0-9]+ min"), new() { Timeout = 60_000 });
        await Axe.AssertNothingSeriousAsync(page, "a warning");
        await page.SetViewportSizeAsync(400, 800);
        Assert.True(await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0);
        await page.SetViewportSizeAsync(1280, 800);

        // Nobody else is told, not by a page that is open either.
        var anna = await chromium.OpenPageAsync();
        await hub.SignInAsync(anna, "anna");
        await Expect(anna.GetByRole(AriaRole.Heading, new() { Name = "Start something" })).ToBeVisibleAsync();
        await Expect(anna.GetByText("because nobody uses it")).ToHaveCountAsync(0);

        // On its own page it stands there too, once, and stays while the page is open.
        await page.GotoAsync($"{hub.Url}/tasks/{lab}");
        await Expect(page.GetByText(new Regex("It is stopped in [0-9]+ min, because nobody uses it"))).ToBeVisibleAsync();
        await Expect(warning).ToHaveCountAsync(1);
        await page.GetByRole(AriaRole.Link, new() { Name = "Logs", Exact = true }).ClickAsync();
        await Expect(page.GetByText("because nobody uses it")).ToBeVisibleAsync();
        await Shots.TakeAsync(page, "journey-warned");
        await page.GotoAsync($"{hub.Url}/tasks");
        await Expect(warning).ToContainTextAsync("lab is stopped in");

        await warning.GetByRole(AriaRole.Button, new() { Name = "Keep lab for 4 h", Exact = true }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(warning).ToHaveCountAsync(0);
        await Expect(page.Locator("tr.item").Filter(new() { HasText = "lab" })).ToContainTextAsync("stops in 4 h");
        watch.AssertClean();
    }

    [Fact(Timeout = 240_000)]
    public async Task An_end_of_age_is_not_said_to_be_put_off_and_what_is_about_to_freeze_is_kept_on_its_page_or_the_list()
    {
        await using var hub = await WebHub.StartAsync();
        foreach (var (slug, idle) in new[] { ("aged", "{timeout: never, maxAge: 60m, warn: 3595s, minUptime: 1s}"), ("napping", "{ladder: [{after: 118s, action: freeze}, {after: 60m, action: stop}], minUptime: 1s}") })
        {
            await hub.PutAsync($"/api/v1/templates/{slug}/draft", new { yaml = $"apiVersion: adit/v1\nkind: Template\nmetadata: {{slug: {slug}, name: {slug}}}\nspec:\n  type: session\n  source: {{openCommand: true}}\n  idle: {idle}\n" });
            await hub.PostAsync($"/api/v1/templates/{slug}/publish", new { note = "the first" });
        }

        await using var tasks = await WebTasks.StartAsync(hub);
        var resources = new { cpu = 0.1, memoryBytes = 64_000_000 };
        var old = await tasks.StartAsync(new { template = "aged", name = "old", command = new[] { "sleep", "600" }, resources }, "ready");
        var page = await chromium.OpenPageAsync();
        var watch = new PageWatch(page, hub.Url);
        await hub.SignInByTokenAsync(page);
        var nap = await tasks.StartAsync(new { template = "napping", name = "nap", command = new[] { "sleep", "600" }, resources }, "ready");

        // Counted by the second; one press, and it is gone from here and from the list.
        await page.GotoAsync($"{hub.Url}/tasks");
        await Expect(page.GetByText(new Regex("^nap is frozen in [0-9]+ (s|min), because nobody uses it"))).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await page.GotoAsync($"{hub.Url}/tasks/{nap}");
        var freezing = page.GetByText(new Regex("^It is frozen in [0-9]+ (s|min), because nobody uses it"));
        var first = await freezing.InnerTextAsync();
        await Expect(freezing).Not.ToHaveTextAsync(first, new() { Timeout = 60_000 });
        await page.GetByRole(AriaRole.Button, new() { Name = "Keep for 4 h" }).First.ClickAsync();
        await Expect(freezing).ToHaveCountAsync(0);
        await page.GotoAsync($"{hub.Url}/tasks");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "nap" })).ToBeVisibleAsync();
        await Expect(page.GetByText("is frozen in")).ToHaveCountAsync(0);

        // What ends of its age says so, and offers nothing that would not help.
        var ends = page.GetByRole(AriaRole.Status).Filter(new() { HasText = "used or not: its template lets it go on no longer" });
        await Expect(ends).ToContainTextAsync(new Regex("old is stopped in [0-9]+ min"), new() { Timeout = 60_000 });
        await Expect(ends.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^Keep") })).ToHaveCountAsync(0);
        await page.GotoAsync($"{hub.Url}/tasks/{old}");
        await Expect(ends).ToContainTextAsync("Save what is in it");
        await Expect(page.GetByText(new Regex("Used or not, it is stopped in"))).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^(Keep|For a day)") })).ToHaveCountAsync(0);
        await Axe.AssertNothingSeriousAsync(page, "a session that ends of age");
        await Shots.TakeAsync(page, "journey-aged");
        await page.GetByRole(AriaRole.Button, new() { Name = "Stop…" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Stop it" }).ClickAsync();
        await Expect(ends).ToHaveCountAsync(0);
        watch.AssertClean();
    }
}
