using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace Adit.EndToEnd.Web;

/// <summary>What a page must never do: break its content policy, fail in its scripts, or ask anybody but the hub.</summary>
internal sealed class PageWatch
{
    private readonly ConcurrentQueue<string> _offences = new();

    public PageWatch(IPage page, string origin)
    {
        page.PageError += (_, error) => _offences.Enqueue($"error: {error}");
        page.Console += (_, message) =>
        {
            // A 4xx of the API is an answer, not an offence; the browser logs it all the same.
            if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
            {
                _offences.Enqueue($"console: {message.Text}");
            }
        };
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(origin + "/", StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal)
                && !request.Url.StartsWith($"blob:{origin}/", StringComparison.Ordinal))
            {
                _offences.Enqueue($"asks {request.Url}");
            }
        };
    }

    public void AssertClean() => Assert.Empty(_offences);
}
