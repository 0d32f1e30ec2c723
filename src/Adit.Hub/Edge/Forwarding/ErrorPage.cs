using System.Net;
using System.Text;

namespace Adit.Hub.Edge.Forwarding;

/// <summary>The page a browser shows when the hub answers. One file, no requests, light and dark, in the colours of the web interface (web/src/design/tokens.css).</summary>
internal static class ErrorPage
{
    /// <summary>Nothing may be loaded, and nobody may frame it.</summary>
    public const string ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; "
        + "form-action 'none'";

    /// <summary>Writes the page.</summary>
    public static byte[] Write(ForwardErrorMeaning meaning, string advice, string id) => Encoding.UTF8.GetBytes(Page(
        meaning.Title,
        $"""
        <p class="status">{meaning.Status}</p>
        <h1>{WebUtility.HtmlEncode(meaning.Title)}</h1>
        <p>{WebUtility.HtmlEncode(advice)}</p>
        <p class="id">Request {WebUtility.HtmlEncode(id)}</p>
        """));

    /// <summary>A page of this hub around some content.</summary>
    /// <param name="title">Its title, as text.</param>
    /// <param name="content">What is in it, as HTML.</param>
    /// <param name="head">More for its head, as HTML.</param>
    public static string Page(string title, string content, string head = "") =>
        $$"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{{WebUtility.HtmlEncode(title)}}</title>
        {{head}}
        <style>
        :root { --ground: #faf9f6; --card: #fff; --text: #1d1b18; --soft: #6d675c; --line: #e6e2d9; --accent: #0b6b5f; --on-accent: #fff; --danger: #b3261e; }
        @media (prefers-color-scheme: dark) {
          :root { --ground: #131413; --card: #1a1b1a; --text: #efede8; --soft: #98948a; --line: #2b2d2b; --accent: #57c7b3; --on-accent: #06231e; --danger: #f58d84; }
        }
        * { box-sizing: border-box; }
        body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--ground); color: var(--text);
          font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
        main { width: 100%; max-width: 32rem; background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 2.25rem 2.25rem 1.75rem; }
        h1 { margin: .15rem 0 .6rem; font-size: 1.5rem; line-height: 1.25; letter-spacing: -.01em; }
        p { margin: 0 0 1rem; overflow-wrap: anywhere; }
        .status { margin: 0; color: var(--accent); font-weight: 600; font-variant-numeric: tabular-nums; }
        .id { margin: 1.5rem 0 0; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font: 13px/1.5 ui-monospace, "SF Mono", Consolas, monospace; }
        label { display: block; margin: 0 0 .35rem; font-weight: 600; }
        input { width: 100%; padding: .6rem .75rem; font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--line); border-radius: 8px; }
        input:focus-visible, button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
        button { margin-top: 1rem; padding: .6rem 1.1rem; font: inherit; font-weight: 600; color: var(--on-accent); background: var(--accent); border: 0; border-radius: 8px; cursor: pointer; }
        a.button { display: inline-block; margin-left: .75rem; padding: .6rem 1.1rem; color: inherit; text-decoration: none; border: 1px solid var(--line); border-radius: 8px; }
        a.button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
        ul { margin: 0 0 1rem; padding-left: 1.25rem; overflow-wrap: anywhere; }
        a { color: var(--accent); }
        .error { color: var(--danger); font-weight: 600; }
        .soft { color: var(--soft); font-size: .9rem; }
        </style>
        </head>
        <body><main>
        {{content}}
        </main></body>
        </html>

        """;
}
