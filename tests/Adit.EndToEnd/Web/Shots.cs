using Microsoft.Playwright;

namespace Adit.EndToEnd.Web;

/// <summary>Photographs for people to look at, with ADIT_SHOTS=FOLDER; without it nothing.</summary>
internal static class Shots
{
    private static readonly string? Folder = Environment.GetEnvironmentVariable("ADIT_SHOTS");

    /// <summary>Takes a page as it is: light, dark, and as narrow as a telephone.</summary>
    public static async Task TakeAsync(IPage page, string name)
    {
        if (Folder is null)
            return;
        var size = page.ViewportSize!;
        foreach (var (theme, width) in new[] { ("light", 1280), ("dark", 1280), ("light", 400) })
        {
            await page.EmulateMediaAsync(new() { ColorScheme = theme == "dark" ? ColorScheme.Dark : ColorScheme.Light });
            await page.SetViewportSizeAsync(width, 860);
            await page.EvaluateAsync("() => document.fonts.ready.then(() => true)");
            await page.ScreenshotAsync(new() { Path = Path.Combine(Folder, $"{name}-{theme}-{width}.png"), Animations = ScreenshotAnimations.Disabled });
        }

        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Null });
        await page.SetViewportSizeAsync(size.Width, size.Height);
    }
}
