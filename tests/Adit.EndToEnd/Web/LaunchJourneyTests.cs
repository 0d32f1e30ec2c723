using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using Adit.EndToEnd.Browser;
using Adit.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Adit.EndToEnd.Web;

/// <summary>
/// What people come for, by the pages alone: from the form to an application that is worked in, why it is kept meanwhile, and its end. Each start
/// is held by a file, so that what is shown while it starts is there to be seen.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class LaunchJourneyTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const float LongEnough = 90_000;

    [Fact(Timeout = 240_000)]
    public async Task Jupyter_is_launched_watched_worked_in_kept_by_its_kernel_and_stopped()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/jupyter-notebook"), "Jupyter Notebook is not installed here.");
        await using var hub = await WebHub.StartAsync();
        await using var tasks = await WebTasks.StartAsync(hub);
        using var directory = new TempDirectory();
        var (python, go) = (directory.File("python"), directory.File("go"));
        directory.Write("python", $"#!/bin/sh\necho looking for notebooks >&2\nuntil [ -e '{go}' ]; do sleep .1; done\nexec /usr/bin/python3 \"$@\"\n");
        File.SetUnixFileMode(python, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        var (page, app) = await LaunchAsync(hub, "Jupyter Notebook", "notes", "Python", python);
        await Expect(app.GetByText("looking for notebooks")).ToBeVisibleAsync();
        await Shots.TakeAsync(app, "journey-starting");
        await File.WriteAllTextAsync(go, "", TestContext.Current.CancellationToken);

        await new NotebookPage(app).SeesFilesAsync();
        var notebook = await new NotebookPage(app).NewPythonNotebookAsync();
        await NotebookPage.RunCellAsync(notebook, "print(6 * 7)", "42");
        await notebook.Locator(".cell.selected .CodeMirror").ClickAsync();
        await notebook.Keyboard.InsertTextAsync("import time; print('training'); time.sleep(600)");
        await notebook.Keyboard.PressAsync("Shift+Enter");
        await Expect(notebook.Locator(".output_area .output_subarea").Last).ToHaveTextAsync(new Regex("training"));
        await Shots.TakeAsync(notebook, "journey-notebook");

        // Nobody touches it any more, and it is in use: the hub asks for kernels twice a minute.
        await notebook.CloseAsync();
        await app.CloseAsync();
        var signal = page.GetByLabel("What is looked at").GetByRole(AriaRole.Listitem).Filter(new() { HasText = "kernel" });
        await Expect(signal).ToContainTextAsync("A kernel is busy since", new() { Timeout = LongEnough });
        await Expect(page.GetByText("In use", new() { Exact = true })).ToBeVisibleAsync();
        await signal.ScrollIntoViewIfNeededAsync();
        await Shots.TakeAsync(page, "journey-kernel");
        await Axe.AssertNothingSeriousAsync(page, "a task that its kernel keeps");
        await StopAsync(page, "notes", await AddressAsync(page));
    }

    [Fact(Timeout = 240_000)]
    public async Task Shiny_is_launched_watched_worked_in_kept_by_its_WebSocket_and_stopped()
    {
        Assert.SkipUnless(Directory.Exists("/usr/lib/R/site-library/shiny"), "Shiny is not installed here.");
        await using var hub = await WebHub.StartAsync();
        await using var tasks = await WebTasks.StartAsync(hub);
        using var directory = new TempDirectory();
        var go = directory.File("go");
        directory.Write("shop/app.R", $$"""
            message("reading the sales")
            while (!file.exists("{{go}}")) Sys.sleep(.1)
            library(shiny)
            shinyApp(
              fluidPage(titlePanel("Sales"), sliderInput("n", "How many?", 0, 100, 40), textOutput("twice")),
              function(input, output) output$twice <- renderText(paste("Twice that is", 2 * input$n)))
            """);

        var (page, app) = await LaunchAsync(hub, "Shiny", "shop", "Application", directory.File("shop"));
        await Expect(app.GetByText("reading the sales")).ToBeVisibleAsync();
        var sockets = new List<string>();
        app.WebSocket += (_, socket) => sockets.Add(socket.Url);
        await File.WriteAllTextAsync(go, "", TestContext.Current.CancellationToken);

        await Expect(app.GetByText("Twice that is 80")).ToBeVisibleAsync();
        await app.Locator(".irs-handle.single").ClickAsync();
        await app.Keyboard.PressAsync("ArrowRight");
        await app.Keyboard.PressAsync("ArrowRight");
        await Expect(app.GetByText("Twice that is 84")).ToBeVisibleAsync();
        Assert.StartsWith($"ws://shop--admin.adit.localhost:{hub.Process.Port}/websocket", Assert.Single(sockets));
        await Shots.TakeAsync(app, "journey-shiny");

        // The slider's movements went over the WebSocket, and count. (What its start took of the processor may count longer.)
        var messages = page.GetByLabel("What is looked at").GetByRole(AriaRole.Listitem).Filter(new() { HasText = "What visitors sent over WebSockets" });
        await Expect(messages).ToContainTextAsync("ago", new() { Timeout = LongEnough });
        await Expect(page.GetByText("In use", new() { Exact = true })).ToBeVisibleAsync();
        await messages.ScrollIntoViewIfNeededAsync();
        await Shots.TakeAsync(page, "journey-message");
        await app.CloseAsync();
        await StopAsync(page, "shop", await AddressAsync(page));
    }

    /// <summary>Signs in, fills the form of a template, and follows the link of what starts to its address.</summary>
    /// <returns>The task's page, and the page at its address, which says that it is starting.</returns>
    private async Task<(IPage Task, IPage App)> LaunchAsync(WebHub hub, string template, string name, string field, string value)
    {
        var page = await chromium.OpenPageAsync();
        await hub.SignInByTokenAsync(page);
        await page.GetByRole(AriaRole.Link, new() { Name = "Tasks" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Launch", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { NameRegex = new Regex($"^{template}") }).First.ClickAsync();
        await Expect(page.GetByText("gpu1 has room: it starts at once.")).ToBeVisibleAsync();
        await page.GetByLabel("Name").FillAsync(name);
        await page.GetByLabel(field).FillAsync(value);
        await Shots.TakeAsync(page, $"journey-form-{name}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Launch" }).ClickAsync();

        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = name, Level = 1 })).ToBeVisibleAsync();
        await Expect(page.GetByText("starting", new() { Exact = true }).First).ToBeVisibleAsync();
        await Shots.TakeAsync(page, $"journey-task-{name}");
        var address = page.GetByRole(AriaRole.Link, new() { Name = $"{name}--admin.adit.localhost:{hub.Process.Port}" }).First;
        var app = await page.Context.RunAndWaitForPageAsync(() => address.ClickAsync());
        await Expect(app.GetByRole(AriaRole.Heading, new() { Name = $"{name} is starting" })).ToBeVisibleAsync();
        return (page, app);
    }

    private static async Task<string> AddressAsync(IPage page) => (await page.GetByRole(AriaRole.Link, new() { NameRegex = new Regex("^Open") }).GetAttributeAsync("href"))!;

    /// <summary>Stops it on its page; its address says so then.</summary>
    private static async Task StopAsync(IPage page, string name, string address)
    {
        await page.GetByRole(AriaRole.Button, new() { Name = "Stop…" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Stop it" }).ClickAsync();
        await Expect(page.GetByText("stopped", new() { Exact = true }).First).ToBeVisibleAsync();
        await Shots.TakeAsync(page, $"journey-stopped-{name}");
        await page.GotoAsync(address);
        await Expect(page.GetByText("Stopped by admin.")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Start again" })).ToBeVisibleAsync();
    }
}
