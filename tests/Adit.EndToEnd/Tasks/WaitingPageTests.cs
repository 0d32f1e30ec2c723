using System.Net.Http.Json;
using System.Runtime.Versioning;
using System.Text.Json;
using Adit.EndToEnd.Browser;
using Adit.Testing;
using Microsoft.Playwright;

namespace Adit.EndToEnd.Tasks;

/// <summary>A real browser at a task's address before, while and after it runs.</summary>
[SupportedOSPlatform("linux")]
public sealed class WaitingPageTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact(Timeout = 240_000)]
    public async Task The_page_becomes_the_application_by_itself_and_starts_again_what_was_stopped()
    {
        await using var hub = await HubProcess.StartAsync();
        await using var runner = await RunnerProcess.StartAsync(hub);
        using var directory = new TempDirectory();
        var go = directory.File("go");
        await File.WriteAllTextAsync(directory.File("slow.yaml"), $$$"""
            apiVersion: adit/v1
            kind: Template
            metadata: {slug: slow, name: Slow}
            spec:
              type: session
              source: {command: [sh, -c, "echo looking for data; until [ -e {{{go}}} ]; do sleep .1; done; echo '<title>There</title><h1 id=part>Hello</h1>' > index.html; exec python3 -m http.server {{port}} --bind 127.0.0.1"]}
              ports: [{name: main}]
            """);
        await AditProcess.RunAsync(["template", "push", directory.File("slow.yaml")], hub.ClientEnvironment);
        await AditProcess.RunAsync(["launch", "slow", "--name", "demo"], hub.ClientEnvironment);
        var page = await chromium.OpenPageAsync();
        var complaints = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
                complaints.Add(message.Text);
        };
        page.PageError += (_, error) => complaints.Add(error);

        await page.GotoAsync(await SignInLinkAsync(hub, "demo--admin"));
        await page.GotoAsync($"{new Uri(page.Url).GetLeftPart(UriPartial.Authority)}/index.html?a=b#part");
        await page.GetByRole(AriaRole.Heading, new() { Name = "demo is starting" }).WaitForAsync();
        await page.GetByText("looking for data").WaitForAsync();
        Assert.Equal("looking for data", (await page.Locator("#log").TextContentAsync())!.Trim());
        if (Environment.GetEnvironmentVariable("ADIT_SCREENSHOTS") is { } shots)
            await page.ScreenshotAsync(new() { Path = Path.Combine(shots, "starting.png") });
        await File.WriteAllTextAsync(go, "");
        await page.GetByRole(AriaRole.Heading, new() { Name = "Hello" }).WaitForAsync();
        Assert.EndsWith("/index.html?a=b#part", page.Url);

        await AditProcess.RunAsync(["stop", "demo"], hub.ClientEnvironment);
        await Eventually.HoldsAsync(
            async () => (await AditProcess.RunAsync(["ps", "--json"], hub.ClientEnvironment)).Contains("\"state\":\"stopped\"", StringComparison.Ordinal), "it is stopped");
        await page.ReloadAsync();
        await page.GetByText("Stopped by admin.").WaitForAsync();
        if (Environment.GetEnvironmentVariable("ADIT_SCREENSHOTS") is { } more)
            await page.ScreenshotAsync(new() { Path = Path.Combine(more, "stopped.png") });
        await page.GetByRole(AriaRole.Button, new() { Name = "Start again" }).ClickAsync();
        await page.GetByRole(AriaRole.Heading, new() { Name = "Hello" }).WaitForAsync();
        Assert.EndsWith("/index.html?a=b", page.Url.Split('#')[0]);
        Assert.Empty(complaints);
    }

    private static async Task<string> SignInLinkAsync(HubProcess hub, string name)
    {
        using var client = LoopbackHttp.Create(hub.AdminToken);
        using var answer = await client.PostAsync(new Uri($"{hub.Url}/api/v1/tunnels/{name}/sign-in-link"), content: null);
        var body = await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
        return body.GetProperty("url").GetString()!;
    }
}
