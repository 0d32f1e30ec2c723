using System.Globalization;
using System.Net;
using System.Text;
using Adit.Api;
using Adit.Hub.Edge.Forwarding;

namespace Adit.Hub.Tasks.Waiting;

/// <summary>
/// The page at a task's address while it is not ready. All of it is in the first answer; its script follows what changes, and without
/// script it loads itself again as long as there is something to wait for.
/// </summary>
internal static class WaitingPage
{
    /// <summary>Its own script and events, its own form, and nothing else.</summary>
    public const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

    /// <summary>The script. Same-origin, so that no page needs to allow scripts inside of it.</summary>
    public const string Script =
        """
        (() => {
          const now = document.getElementById('now'), log = document.getElementById('log');
          const again = () => setTimeout(() => location.reload(), 10000);
          let failures = 0;
          const events = new EventSource(now.dataset.events);
          events.addEventListener('state', e => {
            failures = 0;
            const said = JSON.parse(e.data);
            document.title = said.title;
            now.innerHTML = said.html;
            const form = now.querySelector('form'); // Events know nothing of where the page is.
            if (form) form.action = form.action.split('?')[0] + '?to=' + encodeURIComponent(location.pathname + location.search);
          });
          events.addEventListener('log', e => {
            const lines = log.textContent.split('\n').concat(JSON.parse(e.data)).slice(-200);
            log.hidden = false;
            log.textContent = lines.join('\n').trimStart();
            log.scrollTop = log.scrollHeight;
          });
          events.addEventListener('ready', () => { events.close(); location.reload(); });
          events.onerror = () => { if (events.readyState === 2 || ++failures > 5) { events.close(); again(); } };
          log.scrollTop = log.scrollHeight;
        })();
        """;

    private const string Style =
        """
        <style>
        body main { max-width: 40rem; }
        progress { width: 100%; height: .6rem; margin: 0 0 .35rem; accent-color: var(--accent); }
        ol { list-style: none; margin: 1.25rem 0 0; padding: 0; }
        ol li { display: flex; justify-content: space-between; padding: .3rem 0; border-top: 1px solid var(--line); color: var(--soft); font-variant-numeric: tabular-nums; }
        ol li[aria-current] { color: var(--text); font-weight: 600; }
        pre { max-height: 18rem; overflow: auto; margin: 1.25rem 0 0; padding: .75rem; background: var(--ground); border: 1px solid var(--line); border-radius: 8px;
          font: 12.5px/1.5 ui-monospace, "SF Mono", Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
        </style>
        """;

    /// <summary>Writes the page.</summary>
    /// <param name="story">What is told.</param>
    /// <param name="lines">The end of the log; empty where the visitor may not see it.</param>
    /// <param name="visit">To whom.</param>
    public static byte[] Write(WaitingStory story, IReadOnlyList<LogLine> lines, Visit visit)
    {
        var prefix = Text(visit.Prefix);
        var refresh = story.IsOnItsWay ? $"<noscript><meta http-equiv=\"refresh\" content=\"{(int)Math.Clamp(story.Left?.TotalSeconds / 4 ?? 5, 2, 15)}\"></noscript>" : "";
        return Encoding.UTF8.GetBytes(ErrorPage.Page(
            story.Title,
            $"""
            <div id="now" aria-live="polite" data-events="{prefix}{TaskWaiting.EventsPath}{(lines is [.., var last] ? $"?from={last.Number + 1}" : "")}">
            {Fragment(story, visit)}
            </div>
            <pre id="log" tabindex="0" aria-label="The end of its log"{(lines.Count == 0 ? " hidden" : "")}>{Text(string.Join('\n', lines.Select(static l => l.Text)))}</pre>
            <p class="id">Request {Text(visit.Id)}</p>
            <script src="{prefix}{TaskWaiting.ScriptPath}"></script>
            """,
            Style + refresh));
    }

    /// <summary>What of the page changes, as HTML.</summary>
    public static string Fragment(WaitingStory story, Visit visit)
    {
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture, $"<p class=\"status\">{Text(Word(story))}</p>\n<h1>{Text(story.Title)}</h1>\n<p>{Text(story.Message)}</p>\n");
        if (story.Percent is { } percent)
            html.Append(CultureInfo.InvariantCulture, $"<progress max=\"100\" value=\"{percent}\" aria-label=\"How far it is\"></progress>\n");
        if (Estimate(story) is { } estimate)
            html.Append(CultureInfo.InvariantCulture, $"<p class=\"soft\">{Text(estimate)}</p>\n");
        if (story.MayStart)
        {
            var to = Uri.EscapeDataString(visit.Target.StartsWith(TaskWaiting.OwnPaths, StringComparison.Ordinal) ? visit.Prefix + "/" : visit.Prefix + visit.Target);
            html.Append(CultureInfo.InvariantCulture, $"<form method=\"post\" action=\"{Text(visit.Prefix)}{TaskWaiting.StartPath}?to={Text(to)}\"><button>Start again</button></form>\n");
        }

        if (story.Phases.Count > 0)
        {
            html.Append("<ol>\n");
            foreach (var phase in story.Phases)
            {
                var now = phase.Status == WaitingPhaseStatus.Now ? " aria-current=\"step\"" : "";
                html.Append(CultureInfo.InvariantCulture, $"<li{now}><span>{Text(phase.Name)}</span><span>{Text(phase.Took is { } took ? Seconds(took) : "")}</span></li>\n");
            }

            html.Append("</ol>\n");
        }

        return html.ToString();
    }

    private static string Word(WaitingStory story) => story.State switch
    {
        TaskState.Failed => "Failed",
        TaskState.Lost => "Lost",
        TaskState.Ready => "Cut off",
        var state => char.ToUpperInvariant(state.Word()[0]) + state.Word()[1..],
    };

    private static string? Estimate(WaitingStory story) => story switch
    {
        { Left: { } left, Usual: { } usual } => $"About {Seconds(left)} more; it usually takes {Seconds(usual.Usual)}.",
        { Usual: { } usual } => $"It takes longer than it usually does ({Seconds(usual.Usual)}; nine of ten starts {Seconds(usual.Long)} at most).",
        _ => null,
    };

    private static string Seconds(TimeSpan time) => time.TotalSeconds < 100
        ? time.TotalSeconds < 1 ? "< 1 s" : string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(time.TotalSeconds):0} s")
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(time.TotalMinutes):0} min");

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
