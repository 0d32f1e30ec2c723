using Microsoft.Playwright;

namespace Adit.EndToEnd.Browser;

/// <summary>
/// Debian's Chromium, driven by Playwright (whose driver is in its package; nothing is downloaded). One browser for all tests that ask for it;
/// each test opens a context of its own, which shares nothing with the others.
/// </summary>
public sealed class Chromium : IAsyncLifetime
{
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        _playwright = await Playwright.CreateAsync().WaitAsync(TimeSpan.FromSeconds(60));
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = "/usr/bin/chromium",
            Timeout = 60_000,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync",

                // Sites of other domains than the hub's; whoever is not on this machine is not there.
                "--host-resolver-rules=MAP *.example 127.0.0.1",
            ],
        });
    }

    /// <summary>Opens a page in a context of its own; every wait on it ends after 60 s.</summary>
    /// <param name="trustsAll">Whether it takes any certificate.</param>
    public async Task<IPage> OpenPageAsync(bool trustsAll = false)
    {
        var context = await _browser!.NewContextAsync(new() { IgnoreHTTPSErrors = trustsAll });
        context.SetDefaultTimeout(60_000);
        context.SetDefaultNavigationTimeout(60_000);
        return await context.NewPageAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.CloseAsync();
        }

        _playwright?.Dispose();
    }
}
