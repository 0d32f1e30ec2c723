using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Adit.EndToEnd.Browser;

/// <summary>What a user does in Jupyter Notebook (6.4, Debian's), by what is seen on the page.</summary>
internal sealed class NotebookPage(IPage tree)
{
    /// <summary>The list of files is shown.</summary>
    public async Task SeesFilesAsync() =>
        await Expect(tree.Locator("#notebook_list")).ToBeVisibleAsync(new() { Timeout = 60_000 });

    /// <summary>Uploads a file into the folder that is shown and waits until it is listed.</summary>
    public async Task UploadAsync(string name, byte[] content)
    {
        // The button is a label over the real file input.
        await tree.Locator("#notebook_toolbar input[type=file]").SetInputFilesAsync(new FilePayload
        {
            Name = name,
            MimeType = "application/octet-stream",
            Buffer = content,
        });
        await tree.Locator(".new-file button.upload_button", new() { HasText = "Upload" }).Or(tree.Locator(".new-file .upload_button")).First.ClickAsync();
        await Expect(tree.Locator("#notebook_list a.item_link", new() { HasText = name })).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await Expect(tree.Locator(".new-file")).ToHaveCountAsync(0);
    }

    /// <summary>Makes a notebook with a Python kernel; it opens in a page of its own, which is returned when the kernel is idle.</summary>
    public async Task<IPage> NewPythonNotebookAsync()
    {
        await tree.Locator("#new-dropdown-button").ClickAsync();
        var notebook = await tree.Context.RunAndWaitForPageAsync(() => tree.Locator("#new-menu a", new() { HasText = "Python 3" }).First.ClickAsync());
        await Expect(notebook.Locator("#kernel_indicator_icon.kernel_idle_icon")).ToBeVisibleAsync(new() { Timeout = 60_000 });
        return notebook;
    }

    /// <summary>Types code into the selected cell, runs it and waits until its output matches.</summary>
    public static async Task RunCellAsync(IPage notebook, string code, string expectedOutput)
    {
        await notebook.Locator(".cell.selected .CodeMirror").ClickAsync();
        await notebook.Keyboard.InsertTextAsync(code);
        await notebook.Keyboard.PressAsync("Shift+Enter");
        await Expect(notebook.Locator(".output_area .output_subarea").Last).ToHaveTextAsync(new Regex($@"^\s*{Regex.Escape(expectedOutput)}\s*$"), new() { Timeout = 60_000 });
    }
}
