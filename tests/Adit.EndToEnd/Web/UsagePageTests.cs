using System.Text.RegularExpressions;
using Adit.EndToEnd.Browser;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Adit.EndToEnd.Web;

/// <summary>What was used and cost, and how much one may have, by the pages alone. With ADIT_SHOTS=FOLDER they are photographed.</summary>
public sealed class UsagePageTests(Chromium chromium) : IClassFixture<Chromium>
{
    private static readonly string? Shots = Environment.GetEnvironmentVariable("ADIT_SHOTS");

    [Fact(Timeout = 240_000)]
    public async Task An_admin_sees_what_everybody_used_takes_it_as_a_table_and_sets_quotas_that_a_user_then_meets()
    {
        await using var hub = await WebHub.StartAsync(["--price-cpu-hour", "0.40", "--price-memory-gib-hour", "0.05", "--price-currency", "EUR"]);
        await using var tasks = await WebTasks.StartAsync(hub);
        await hub.AccountAsync("anna");
        await hub.PostAsync("/api/v1/projects", new { name = "churn" });
        await hub.PutAsync("/api/v1/projects/churn/members/account:anna", new { role = "member" });
        var sleep = new[] { "sleep", "600" };
        await tasks.StartAsync(new { template = "command", name = "training", project = "churn", command = sleep, resources = new { cpu = 1, memoryBytes = 256L << 20 } }, "ready");
        await tasks.StartAsync(new { template = "command", name = "short", command = new[] { "true" }, resources = new { cpu = 0.1, memoryBytes = 64L << 20 } }, "stopped");

        var page = await chromium.OpenPageAsync();
        var watch = new PageWatch(page, hub.Url);
        await hub.SignInByTokenAsync(page);
        await page.GetByRole(AriaRole.Link, new() { Name = "Usage" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "admin" })).ToBeVisibleAsync();
        await Expect(page.GetByText("EUR").First).ToBeVisibleAsync();
        await page.GetByLabel("By", new() { Exact = true }).SelectOptionAsync("project");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "churn" })).ToBeVisibleAsync();
        await Expect(page.GetByText("in no project")).ToBeVisibleAsync();
        await page.GetByLabel("By", new() { Exact = true }).SelectOptionAsync("task");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "training" })).ToBeVisibleAsync();
        await Expect(page.GetByText("running", new() { Exact = true })).ToBeVisibleAsync();
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "CSV" }).ClickAsync());
        Assert.Matches("^usage-by-task-[0-9]{8}-[0-9]{8}\\.csv$", download.SuggestedFilename);
        using (var reader = new StreamReader(await download.CreateReadStreamAsync()))
        {
            var table = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
            Assert.StartsWith("task,attempt,name,user,project,", table);
            Assert.Matches(new Regex(",1,training,admin,churn,command@0,gpu1,running,"), table);
        }

        // A quota of everybody, and one of a project.
        await page.GetByRole(AriaRole.Link, new() { Name = "Quotas" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "No quotas yet" })).ToBeVisibleAsync();
        await SetAsync(page, "user", "*", "2");
        await Expect(page.GetByText("Every user")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Set a quota" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Name").FillAsync("nobody-of-that-name");
        await dialog.GetByLabel("Cores").FillAsync("many");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Set it" }).ClickAsync();
        await Expect(dialog.GetByText("A number of 0 or more, or nothing.")).ToBeVisibleAsync();
        await dialog.GetByLabel("Cores").FillAsync("4");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Set it" }).ClickAsync();
        await Expect(dialog.GetByText("There is no user 'nobody-of-that-name'")).ToBeVisibleAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await hub.PutAsync("/api/v1/quotas/project/churn", new { tasks = 5, cpu = 1.2, memoryBytes = 4L << 30, gpuHours = 10 });
        await hub.PutAsync("/api/v1/quotas/user/admin", new { cpu = 1, memoryBytes = 8L << 30 });
        await page.ReloadAsync();
        await Expect(page.GetByRole(AriaRole.Progressbar, new() { Name = "Cores: 1 of 1.2 used" })).ToBeVisibleAsync();
        await LookAsync(page, "quotas");
        await page.GetByRole(AriaRole.Link, new() { Name = "What was used" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Your quotas" })).ToBeVisibleAsync();
        await LookAsync(page, "usage");
        await page.GetByLabel("By", new() { Exact = true }).SelectOptionAsync("task");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "short" })).ToBeVisibleAsync();
        await LookAsync(page, "usage-tasks");

        // Anna: only her own, and what the form says of her quotas before anything starts, with the price of the size that is chosen.
        var anna = await chromium.OpenPageAsync();
        await hub.SignInAsync(anna, "anna");
        await anna.GotoAsync($"{hub.Url}/usage");
        await Expect(anna.GetByRole(AriaRole.Heading, new() { Name = "Nothing was used in this time" })).ToBeVisibleAsync();
        await Expect(anna.GetByRole(AriaRole.Link, new() { Name = "Quotas" })).ToHaveCountAsync(0);
        await Expect(anna.GetByText("by the default")).ToBeVisibleAsync();
        await LookAsync(anna, "usage-own");
        await anna.GotoAsync($"{hub.Url}/launch/command");
        await anna.GetByLabel("Command").FillAsync("sleep 60");
        await anna.GetByLabel("Memory").FillAsync("1 Gi");
        await anna.GetByLabel("Cores").FillAsync("1");
        await Expect(anna.GetByText("0.45 EUR an hour")).ToBeVisibleAsync();
        await anna.GetByLabel("Cores").FillAsync("2");
        await Expect(anna.GetByText("0.85 EUR an hour")).ToBeVisibleAsync();
        await anna.GetByLabel("Cores").FillAsync("3");
        await Expect(anna.GetByText("The quota of the user 'anna' (the default) is 2 cores at once, and this asks for 3")).ToBeVisibleAsync();
        await LookAsync(anna, "launch-over-quota");
        await anna.GetByLabel("Cores").FillAsync("0.5");
        await anna.GetByLabel("Project").SelectOptionAsync("churn");
        await Expect(anna.GetByText("The quota of the project 'churn' is 1.2 cores at once: 1 in use, and this asks for 0.5.")).ToBeVisibleAsync();
        await LookAsync(anna, "launch-waits");
        await anna.GetByRole(AriaRole.Button, new() { Name = "Launch" }).ClickAsync();
        await Expect(anna.GetByRole(AriaRole.Heading, new() { Name = "Facts" })).ToBeVisibleAsync();
        await Expect(anna.GetByText("The quota of the project 'churn' is 1.2 cores at once: 1 in use, and this asks for 0.5.")).ToBeVisibleAsync();
        await LookAsync(anna, "queued");

        // More for the project, and it goes on.
        await page.GotoAsync($"{hub.Url}/usage/quotas");
        await page.GetByRole(AriaRole.Button, new() { Name = "Change the quota of churn" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByLabel("Cores").FillAsync("3");
        await LookAsync(page, "quota-dialog");
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Set it" }).ClickAsync();
        await Expect(anna.GetByText("ready", new() { Exact = true }).First).ToBeVisibleAsync();
        await Expect(anna.GetByText(new Regex("0\\.25 EUR an hour; 0\\.0.* by now"))).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove the quota of churn" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Remove it" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Progressbar, new() { NameRegex = new Regex("of 3 used") })).ToHaveCountAsync(0);
        watch.AssertClean();
    }

    private static async Task SetAsync(IPage page, string kind, string name, string cores)
    {
        await page.GetByRole(AriaRole.Button, new() { Name = "Set a quota" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Of a").SelectOptionAsync(kind);
        await dialog.GetByLabel("Name").FillAsync(name);
        await dialog.GetByLabel("Cores").FillAsync(cores);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Set it" }).ClickAsync();
    }

    private static async Task LookAsync(IPage page, string name)
    {
        foreach (var (theme, width) in new[] { (ColorScheme.Light, 1280), (ColorScheme.Dark, 1280), (ColorScheme.Light, 400) })
        {
            await page.EmulateMediaAsync(new() { ColorScheme = theme, ReducedMotion = ReducedMotion.Reduce });
            await page.SetViewportSizeAsync(width, 900);
            await page.EvaluateAsync("() => Promise.allSettled(document.getAnimations().map(one => one.finished))"); // Colours on their way are neither.
            await Axe.AssertNothingSeriousAsync(page, $"{name}, {theme}, {width} wide");
            if (Shots is not null)
                await page.ScreenshotAsync(new() { Path = Path.Combine(Shots, $"{name}-{theme}-{width}.png"), Animations = ScreenshotAnimations.Disabled });
        }

        await page.SetViewportSizeAsync(1280, 900);
    }
}
