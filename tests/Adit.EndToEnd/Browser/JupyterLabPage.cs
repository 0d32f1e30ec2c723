using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Adit.EndToEnd.Browser;

/// <summary>What a user does in JupyterLab (3.6), by what is seen on the page.</summary>
internal sealed class JupyterLabPage(IPage page)
{
    /// <summary>Makes a notebook with a Python kernel by its card in the launcher; returns when the kernel is idle.</summary>
    public async Task NewPythonNotebookAsync()
    {
        await page.Locator(".jp-LauncherCard[data-category=Notebook]").Filter(new() { HasText = "Python 3" }).ClickAsync(new() { Timeout = 60_000 });
        await Expect(page.GetByText("Python 3 (ipykernel) | Idle")).ToBeVisibleAsync(new() { Timeout = 60_000 });
    }

    /// <summary>Types code into the cell that is selected, runs it and waits until its output is what is expected.</summary>
    public async Task RunCellAsync(string code, string expectedOutput)
    {
        await page.Locator(".jp-Notebook .jp-Cell.jp-mod-active .CodeMirror").ClickAsync();
        await page.Keyboard.InsertTextAsync(code);
        await page.Keyboard.PressAsync("Shift+Enter");
        await Expect(page.Locator(".jp-Notebook .jp-OutputArea-output").Last).ToHaveTextAsync(new Regex($@"^\s*{Regex.Escape(expectedOutput)}\s*$"), new() { Timeout = 60_000 });
    }
}
