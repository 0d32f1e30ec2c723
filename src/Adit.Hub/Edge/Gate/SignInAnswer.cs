using System.Net;
using System.Security.Cryptography;
using System.Text;
using Adit.Hub.Edge.Forwarding;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Edge.Gate;

/// <summary>The answer to who may not pass: a form for browsers, a challenge (RFC 9110 section 11.6.1) for everyone else.</summary>
internal static class SignInAnswer
{
    // The code in the fragment never reaches a log or a Referer. It is exchanged at once and leaves the address bar with the redirect.
    private const string Script =
        """
        const code = new URLSearchParams(location.hash.slice(1)).get('code');
        if (code) {
          history.replaceState(null, '', location.pathname + location.search);
          const form = document.forms[0];
          form.elements.code.value = code;
          form.elements.token.required = false;
          form.submit();
        }
        """;

    private static readonly string Policy =
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; script-src 'sha256-"
        + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Script))) + "'";

    /// <summary>Answers 401.</summary>
    public static async Task WriteAsync(Visit visit, Route route, bool hasAccounts)
    {
        var wantsBasic = route.Policy.BasicAuthHash is not null;
        if (!wantsBasic && visit.Request.Method is "GET" or "HEAD" && ErrorAnswer.WantsHtml(visit))
        {
            await WritePageAsync(visit, route.Name, StatusCodes.Status401Unauthorized, visit.Request.RawTarget, null, hasAccounts);
            return;
        }

        await ErrorAnswer.WriteAsync(
            visit, wantsBasic ? $"Basic realm=\"{route.Name}\", charset=\"UTF-8\"" : $"Bearer realm=\"{route.Name}\"");
    }

    /// <summary>Writes the form.</summary>
    /// <param name="visit">To whom.</param>
    /// <param name="name">The tunnel's name.</param>
    /// <param name="status">With which status.</param>
    /// <param name="to">Where to go when it is done.</param>
    /// <param name="error">What went wrong before, if anything.</param>
    /// <param name="hasAccounts">Whether the hub's own host can sign the visitor in.</param>
    public static Task WritePageAsync(Visit visit, string name, int status, string to, string? error, bool hasAccounts) =>
        ErrorAnswer.WriteAsync(visit, status, "text/html; charset=utf-8", Page(visit, name, to, error, hasAccounts), Policy);

    private static byte[] Page(Visit visit, string name, string to, string? error, bool hasAccounts) => Encoding.UTF8.GetBytes(ErrorPage.Page(
        $"Sign in to {name}",
        $"""
        <p class="status">Private</p>
        <h1>Sign in to {WebUtility.HtmlEncode(name)}</h1>
        {(error is null ? "" : $"<p class=\"error\" role=\"alert\">{WebUtility.HtmlEncode(error)}</p>")}
        {(hasAccounts ? $"<p><a target=\"_top\" href=\"{visit.Prefix}/_adit/start?to={WebUtility.HtmlEncode(Uri.EscapeDataString(to))}\">Sign in with your account</a>, or with a token:</p>" : "")}
        <form method="post" action="{visit.Prefix}/_adit/sign-in">
        <label for="token">Token</label>
        <input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
        <input type="hidden" name="to" value="{WebUtility.HtmlEncode(to)}">
        <input type="hidden" name="code" value="">
        <button>Sign in</button>
        </form>
        <p class="soft" style="margin-top:1.25rem">A token of the tunnel's owner, or the one its owner gave you.</p>
        <p class="id">Request {WebUtility.HtmlEncode(visit.Id)}</p>
        <script>{Script}</script>
        """));
}
