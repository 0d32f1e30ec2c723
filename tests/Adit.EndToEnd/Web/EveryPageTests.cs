using System.Globalization;
using Adit.EndToEnd.Browser;
using Adit.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Adit.EndToEnd.Web;

/// <summary>
/// Every page, light, dark and narrow: nothing that axe-core calls serious, nothing wider than the window, no request to anybody else. With
/// ADIT_SHOTS=FOLDER each is also photographed, for people to look at.
/// </summary>
public sealed class EveryPageTests(Chromium chromium) : IClassFixture<Chromium>
{
    private static readonly (string Name, string Path)[] Pages =
    [
        ("home", "/"), ("tunnels", "/tunnels"), ("requests", "/tunnels/demo"), ("access", "/tunnels/demo/access"), ("about", "/tunnels/demo/about"),
        ("tasks", "/tasks"), ("task", "/tasks/{ready}"), ("log", "/tasks/{ready}/logs"), ("failed-task", "/tasks/{failed}"),
        ("launch", "/launch"), ("launch-form", "/launch/jupyter"), ("templates", "/templates"), ("template", "/templates/jupyter"),
        ("template-versions", "/templates/mine/versions"), ("template-editor", "/templates/mine/edit"),
        ("volumes", "/volumes"), ("volume", "/volumes/churn/data"), ("volume-table", "/volumes/churn/data?path=customers.csv"), ("volume-notebook", "/volumes/churn/data?path=notes/churn.ipynb"),
        ("volume-text", "/volumes/churn/data?path=train.py"), ("volume-picture", "/volumes/churn/data?path=curve.png"), ("volume-history", "/volumes/churn/data/history"),
        ("volume-compare", "/volumes/churn/data/compare"), ("volume-lines", "/volumes/churn/data/compare?path=train.py"), ("volume-about", "/volumes/churn/data/about"),
        ("volume-empty", "/volumes/churn/empty"), ("project-volumes", "/projects/churn/volumes"), ("storage", "/settings/storage"),
        ("runners", "/runners"), ("runner", "/runners/gpu1"), ("add-runner", "/add-runner"),
        ("explain", "/access"), ("projects", "/projects"), ("members", "/projects/churn"), ("project-settings", "/projects/churn/settings"),
        ("services", "/projects/churn/services"), ("service", "/projects/churn/services/churn-ci"), ("all-services", "/people/services"),
        ("people", "/people"), ("account-of", "/people/accounts/anna"), ("groups", "/people/groups"), ("group", "/people/groups/ds"), ("tokens", "/tokens"),
        ("usage", "/usage"), ("usage-tasks", "/usage?by=task"), ("quotas", "/usage/quotas"),
        ("audit", "/audit"), ("account", "/account"), ("settings", "/settings"), ("secrets", "/settings/secrets"), ("routes", "/settings/routes"), ("route", "/settings/routes/wiki"), ("device", "/device"), ("nothing", "/nothing-here"),
    ];

    private static readonly int[] Numbers = [1, 2, 3];
    private static readonly string? Shots = Environment.GetEnvironmentVariable("ADIT_SHOTS");

    [Theory(Timeout = 300_000)]
    [InlineData("light", 1280)]
    [InlineData("dark", 1280)]
    [InlineData("light", 400)]
    [InlineData("dark", 400)]
    public async Task Each_page_is_for_everybody_and_fits(string theme, int width)
    {
        await using var hub = await WebHub.StartAsync();
        await using var app = await LocalApp.StartAsync(static app => app.MapGet("/", static () => Results.Json(new { hello = "visitor", numbers = Numbers })));
        await using var tunnel = await TunnelProcess.StartAsync(hub.Process, "demo", "http", app.Port.ToString(CultureInfo.InvariantCulture));
        await FillAsync(hub);
        await WebVolumes.FillAsync(hub, "churn");
        await using var tasks = await WebTasks.StartAsync(hub);
        var ready = await tasks.StartAsync(WebTasks.Writer("training", "for i in $(seq 1 60); do echo epoch $i of 60; done; echo 'slow disk' >&2", "/nothing/here"), "ready");
        var failed = await tasks.StartAsync(new { template = "command", name = "broken", command = new[] { "sh", "-c", "echo 'column age is missing' >&2; exit 3" } }, "failed");
        var page = await chromium.OpenPageAsync();
        await page.EmulateMediaAsync(new()
        {
            ColorScheme = theme == "dark" ? ColorScheme.Dark : ColorScheme.Light,
            ReducedMotion = ReducedMotion.Reduce,
        });
        await page.SetViewportSizeAsync(width, 860);
        var watch = new PageWatch(page, hub.Url);

        await page.GotoAsync($"{hub.Url}/sign-in");
        await page.GetByLabel("Name").WaitForAsync();
        await LookAsync(page, "sign-in", theme, width);
        var invited = await hub.PostAsync("/api/v1/accounts", new { name = "dana" });
        var code = new Uri(invited.GetProperty("invitation").GetProperty("url").GetString()!).Fragment;
        await page.GotoAsync($"{hub.Url}/invitation{code}");
        await page.GetByLabel("Password").WaitForAsync();
        await LookAsync(page, "invitation", theme, width);

        await hub.SignInByTokenAsync(page);
        foreach (var (name, path) in Pages)
        {
            await page.GotoAsync(hub.Url + path.Replace("{ready}", ready, StringComparison.Ordinal).Replace("{failed}", failed, StringComparison.Ordinal));
            await page.GetByRole(AriaRole.Heading).First.WaitForAsync();
            await Expect(page.GetByRole(AriaRole.Status, new() { Name = "Loading" })).ToHaveCountAsync(0);
            await LookAsync(page, name, theme, width);
        }

        await page.GotoAsync($"{hub.Url}/tokens");
        await page.GetByRole(AriaRole.Button, new() { Name = "New token" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByText("tunnels:write").WaitForAsync();
        await LookAsync(page, "new-token", theme, width);
        await page.GotoAsync($"{hub.Url}/tunnels/demo");
        await page.GetByRole(AriaRole.Button, new() { Name = "GET /" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByText("Send it again").WaitForAsync();
        await LookAsync(page, "request", theme, width);
        await page.GotoAsync($"{hub.Url}/tunnels/demo/access");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add a rule" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Ask" }).ClickAsync();
        await page.GetByText("Yes: ").WaitForAsync();
        await LookAsync(page, "rule", theme, width);
        await page.GetByRole(AriaRole.Button, new() { Name = "New grant" }).ClickAsync();
        await LookAsync(page, "new-grant", theme, width);
        if (width < 600)
        {
            await page.GotoAsync(hub.Url);
            await page.GetByRole(AriaRole.Button, new() { Name = "Open the menu" }).ClickAsync();
            await LookAsync(page, "menu", theme, width);
        }

        watch.AssertClean();
    }

    private static async Task LookAsync(IPage page, string name, string theme, int width)
    {
        var what = $"{name}, {theme}, {width} wide";
        if (Shots is not null)
        {
            await page.EvaluateAsync("() => document.fonts.ready.then(() => true)");
            await page.ScreenshotAsync(new() { Path = Path.Combine(Shots, $"{name}-{theme}-{width}.png"), Animations = ScreenshotAnimations.Disabled });
        }

        await Axe.AssertNothingSeriousAsync(page, what);
        var overflow = await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
        Assert.True(overflow <= 0, $"{what}: {overflow} px wider than the window");
        // The columns that are seen have all of their table: none that is left out takes a part of it.
        var lost = await page.EvaluateAsync<double>(
            """
            () => Math.max(0, ...[...document.querySelectorAll('.list table')].map(table => {
              const last = [...table.querySelectorAll('th')].filter(th => th.offsetWidth > 0).at(-1);
              return table.getBoundingClientRect().right - last.getBoundingClientRect().right;
            }))
            """);
        Assert.True(lost < 2, $"{what}: {lost} px of a table are in no column");

        // The first column says what a row is of: the others leave it room for that.
        var first = await page.EvaluateAsync<double>(
            "() => Math.min(1000, ...[...document.querySelectorAll('.list table')].map(table => [...table.querySelectorAll('th')].find(th => th.offsetWidth > 0).offsetWidth))");
        Assert.True(first >= 80, $"{what}: the first column of a table is {first} px wide");
    }

    private static async Task FillAsync(WebHub hub)
    {
        await hub.AccountAsync("anna");
        await hub.AccountAsync("berta", "auditor");
        await hub.PutAsync("/api/v1/groups/ds");
        await hub.PutAsync("/api/v1/groups/ds/members/anna");
        await hub.PostAsync("/api/v1/projects", new { name = "churn", title = "Churn model", description = "Who leaves, and why." });
        await hub.PutAsync("/api/v1/projects/churn/members/account:anna", new { role = "member" });
        await hub.PutAsync("/api/v1/quotas/user/*", new { cpu = 1, memoryBytes = 1L << 40, gpuHours = 20 });
        await hub.PutAsync("/api/v1/quotas/project/churn", new { tasks = 5 });
        await hub.PostAsync("/api/v1/projects/churn/service-accounts", new { name = "churn-ci" });
        await hub.PostAsync("/api/v1/tokens", new { name = "nightly", account = "churn-ci", scopes = new[] { "tunnels:write!project=churn" }, expiresInSeconds = 7 * 86400 });
        await hub.PostAsync("/api/v1/tokens", new { name = "ci", scopes = new[] { "tunnels:write", "projects:read" }, expiresInSeconds = 30 * 86400 });
        await hub.PutAsync("/api/v1/external-routes/wiki", new { origins = new[] { "https://wiki.example.com" }, access = "group:ds" });
        await hub.PutAsync("/api/v1/templates/mine/draft", new { yaml = "apiVersion: adit/v1\nkind: Template\nmetadata: {slug: mine, name: Mine}\nspec:\n  type: session\n  source: {openCommand: true}\n" });
        await hub.PostAsync("/api/v1/templates/mine/publish", new { note = "the first" });
        await hub.PutAsync("/api/v1/templates/mine/draft", new { yaml = "apiVersion: adit/v1\nkind: Template\nmetadata: {slug: mine, name: Mine}\nspec:\n  typ: session\n" });
        await hub.PutAsync("/api/v1/secrets/db-url", new { value = "postgres://somewhere" });
        using var visitor = LoopbackHttp.Create(hub.Process.AdminToken);
        // More than a window shows, so that tables have rows that are not made.
        foreach (var path in Enumerable.Range(0, 60).Select(static i => $"?q={i}").Concat(["missing", ""]))
        {
            using var answer = await visitor.GetAsync(new Uri(hub.Process.TunnelUrl("demo") + path), TestContext.Current.CancellationToken);
        }
    }
}
