using Adit.EndToEnd.Browser;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Adit.EndToEnd.Web;

/// <summary>Volumes by the pages alone: what was pushed is browsed, shown, compared, tagged and removed. What users wrote never does anything.</summary>
public sealed class VolumePageTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact(Timeout = 240_000)]
    public async Task What_was_pushed_is_browsed_shown_compared_tagged_and_removed()
    {
        await using var hub = await WebHub.StartAsync();
        await hub.PostAsync("/api/v1/projects", new { name = "churn" });
        await WebVolumes.FillAsync(hub, "churn");
        var page = await chromium.OpenPageAsync();
        var watch = new PageWatch(page, hub.Url);
        await hub.SignInByTokenAsync(page);
        await page.GetByRole(AriaRole.Link, new() { Name = "Volumes" }).ClickAsync();
        await page.GetByRole(AriaRole.Combobox, new() { Name = "Kind" }).SelectOptionAsync("dataset");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "churn/empty" })).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Link, new() { Name = "churn/data" }).ClickAsync();
        await Expect(page.Locator("span", new() { HasText = "Another step" }).Last).ToBeVisibleAsync();

        // Each kind of file as what it is.
        await page.GetByRole(AriaRole.Link, new() { Name = "customers.csv", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Cell, new() { Name = "Müller, Anna" })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Cell, new() { Name = "<script>document.title='harm'</script>" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Text" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Content" })).ToContainTextAsync("1,\"Müller, Anna\",no");
        await page.GetByRole(AriaRole.Navigation, new() { Name = "Path" }).GetByRole(AriaRole.Link, new() { Name = "data" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "notes", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "churn.ipynb", Exact = true }).ClickAsync();
        await Expect(page.GetByText("and <b>why</b>")).ToBeVisibleAsync();
        await Expect(page.GetByText("loss 0.25")).ToBeVisibleAsync();
        await Expect(page.GetByText("Not shown here: text/html.")).ToBeVisibleAsync();
        await SeesPictureAsync(page, "Output of the cell");
        await page.GotoAsync($"{hub.Url}/volumes/churn/data?path=curve.png");
        await SeesPictureAsync(page, "curve.png");
        await page.GotoAsync($"{hub.Url}/volumes/churn/data?path=weights.bin");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Too large to be shown here" })).ToBeVisibleAsync();
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "Download" }).ClickAsync());
        Assert.Equal("weights.bin", download.SuggestedFilename);
        Assert.Equal(300_000, new FileInfo(await download.PathAsync()).Length);

        // What means harm is text, or nothing.
        await page.GotoAsync($"{hub.Url}/volumes/churn/data?path=hostile/page.html");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Content" })).ToContainTextAsync("<script>document.title = 'harm'</script>");
        await page.GotoAsync($"{hub.Url}/volumes/churn/data?path=hostile/picture.png");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "No picture that is shown" })).ToBeVisibleAsync();
        await page.GotoAsync($"{hub.Url}/volumes/churn/data?path=hostile/turned.txt");
        await Expect(page.GetByText("user⟨202E⟩ // admin")).ToBeVisibleAsync();
        Assert.Equal("churn/data · Adit", await page.TitleAsync());

        // The snapshot before has what is gone.
        await page.GetByRole(AriaRole.Link, new() { Name = "History" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "The first customers" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "gone.txt", Exact = true }).ClickAsync();
        await Expect(page.GetByText("is removed")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Compare" }).ClickAsync();
        foreach (var row in (string[])["changed train.py", "removed gone.txt", "added new.txt"])
            await Expect(page.GetByRole(AriaRole.Row, new() { Name = row })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "train.py" }).ClickAsync();
        await Expect(page.GetByText("1 added, 1 removed.")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Cell, new() { Name = "step_20 = 'something else'" })).ToBeVisibleAsync();
        Assert.Contains("path=train.py", page.Url, StringComparison.Ordinal);

        // A tag; then the end, with the name typed.
        await page.GetByRole(AriaRole.Link, new() { Name = "About" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Add a tag" }).ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Tag" }).FillAsync("v1.0");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add it" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "v1.0" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Combobox, new() { Name = "At" })).ToHaveValueAsync("v1.0");
        await page.GotoAsync($"{hub.Url}/settings/storage");
        await Expect(page.GetByRole(AriaRole.Row, new() { Name = "churn 2 snapshots" })).ToContainTextAsync("no damage");
        await page.GotoAsync($"{hub.Url}/volumes/churn/data/about");
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove this volume…" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove it for ever" }).ClickAsync();
        await Expect(page.GetByText("That is not churn/data.")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Type churn/data" }).FillAsync("churn/data");
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove it for ever" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "churn/empty" })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "churn/data" })).ToHaveCountAsync(0);
        watch.AssertClean();
    }

    [Fact(Timeout = 240_000)]
    public async Task A_viewer_is_offered_nothing_that_would_be_refused_and_a_member_makes_a_volume()
    {
        await using var hub = await WebHub.StartAsync();
        await hub.PostAsync("/api/v1/projects", new { name = "churn" });
        await WebVolumes.FillAsync(hub, "churn");
        await hub.AccountAsync("anna");
        await hub.PutAsync("/api/v1/projects/churn/members/account:anna", new { role = "viewer" });
        var page = await chromium.OpenPageAsync();
        var watch = new PageWatch(page, hub.Url);
        await hub.SignInAsync(page, "anna");
        await page.GotoAsync($"{hub.Url}/volumes");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "churn/data" })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "New volume" })).ToHaveCountAsync(0);
        await page.GotoAsync($"{hub.Url}/volumes/churn/data/about");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "By command" })).ToBeVisibleAsync();
        foreach (var name in (string[])["Add a tag", "Save", "Remove this volume…"])
            await Expect(page.GetByRole(AriaRole.Button, new() { Name = name })).ToHaveCountAsync(0);
        await Expect(page.GetByText("adit push")).ToHaveCountAsync(0);
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Settings" })).ToHaveCountAsync(0);

        await hub.PutAsync("/api/v1/projects/churn/members/account:anna", new { role = "member" });
        await page.GotoAsync($"{hub.Url}/projects/churn/volumes");
        await page.GetByRole(AriaRole.Button, new() { Name = "New volume" }).ClickAsync();
        await page.GetByLabel("Name").FillAsync("annas");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make it" }).ClickAsync();
        await Expect(page.GetByText("adit push DIR churn/annas")).ToBeVisibleAsync();
        await page.GotoAsync($"{hub.Url}/volumes/churn/data/about");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Add a tag" })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Remove this volume…" })).ToHaveCountAsync(0);
        await page.GotoAsync($"{hub.Url}/volumes/churn/nothing");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "No such volume" })).ToBeVisibleAsync();
        watch.AssertClean();
    }

    private static async Task SeesPictureAsync(IPage page, string name)
    {
        var picture = page.GetByRole(AriaRole.Img, new() { Name = name });
        await Expect(picture).ToBeVisibleAsync();
        Assert.True(await picture.EvaluateAsync<bool>("one => one.decode().then(() => one.naturalWidth > 0 && one.src.startsWith('blob:'))"));
    }
}
