using System.Buffers;
using System.Text;
using Adit.Hub.Edge.Forwarding;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace Adit.Hub.Edge.Gate;

/// <summary>
/// The paths under <c>/_adit/</c> on a tunnel's host: <c>GET</c> and <c>POST sign-in</c> (a token, or a code of <see cref="SignInCodes"/>,
/// becomes a cookie of this host only) and <c>sign-out</c>.
/// </summary>
internal sealed class SignInEndpoint(SignInCodes codes, GuessThrottle throttle)
{
    private const int MaxForm = 8 * 1024;
    private static readonly TimeSpan FormTimeout = TimeSpan.FromSeconds(10);

    public Task AnswerAsync(Visit visit, Route route, Gatekeeper gate)
    {
        var path = visit.Request.RawTarget.Split('?')[0];
        return (path, visit.Request.Method) switch
        {
            ("/_adit/sign-in", "GET" or "HEAD") => SignInAnswer.WritePageAsync(visit, route.Name, StatusCodes.Status200OK, "/", null),
            ("/_adit/sign-in", "POST") => SignInAsync(visit, route, gate),
            ("/_adit/sign-out", "POST" or "GET") =>
                !MayLeave(visit)
                    ? NotFoundAsync(visit)
                    : RedirectAsync(visit, "/", $"{Gatekeeper.Cookie}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"),
            _ => NotFoundAsync(visit),
        };
    }

    private async Task SignInAsync(Visit visit, Route route, Gatekeeper gate)
    {
        if (!IsSameOrigin(visit))
        {
            await SignInAnswer.WritePageAsync(
                visit, route.Name, StatusCodes.Status403Forbidden, "/", "The form came from another site. Sign in here instead.");
            return;
        }

        if (throttle.IsHeldUp(visit.Client))
        {
            visit.Response.Headers.RetryAfter = "60";
            await SignInAnswer.WritePageAsync(
                visit, route.Name, StatusCodes.Status429TooManyRequests, "/", "Too many wrong tokens. Wait a minute.");
            return;
        }

        var form = await ReadFormAsync(visit);
        var to = SafeTarget(form.GetValueOrDefault("to"));
        var host = HostName.Of(visit.Authority).ToString();
        if (form.GetValueOrDefault("code") is { Length: > 0 } code
            ? codes.TryRedeem(code, host, out var key)
            : gate.TryToken(route.Policy, (form.GetValueOrDefault("token") ?? "").Trim(), out key))
        {
            await RedirectAsync(visit, to, CookieOf(visit, gate.TicketFor(visit, key)));
            return;
        }

        throttle.Failed(visit.Client);
        await SignInAnswer.WritePageAsync(
            visit, route.Name, StatusCodes.Status401Unauthorized, to, "That token does not open this tunnel, or the link was used before.");
    }

    // A page elsewhere must not sign a visitor in as somebody else. Browsers say where a form came from; what is not a browser has no use
    // for a cookie.
    private static bool IsSameOrigin(Visit visit)
    {
        var headers = visit.Request.Headers;
        if (headers["Sec-Fetch-Site"].ToString() is { Length: > 0 } site)
            return site is "same-origin";
        return Uri.TryCreate(headers.Origin.ToString(), UriKind.Absolute, out var origin)
            && origin.Authority.Equals(new Uri($"{origin.Scheme}://{visit.Authority}").Authority, StringComparison.OrdinalIgnoreCase);
    }

    // A link that the visitor followed, or a form of this tunnel; an image on another's page is neither.
    private static bool MayLeave(Visit visit) =>
        visit.Request.Headers["Sec-Fetch-Mode"].ToString() is "" or "navigate" || IsSameOrigin(visit);

    private static async Task<Dictionary<string, string>> ReadFormAsync(Visit visit)
    {
        using var enough = new CancellationTokenSource(FormTimeout);
        var reader = visit.Features.Get<IRequestBodyPipeFeature>()!.Reader;
        try
        {
            while (true)
            {
                var result = await reader.ReadAsync(enough.Token);
                if (result.Buffer.Length > MaxForm)
                    throw new ForwardException(ForwardError.RequestTooLarge);
                if (!result.IsCompleted)
                {
                    reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                    continue;
                }

                var text = Encoding.UTF8.GetString(result.Buffer.ToArray());
                reader.AdvanceTo(result.Buffer.End);
                visit.BodyIsRead = true;
                return new(QueryHelpers.ParseQuery(text).Select(f => KeyValuePair.Create(f.Key, f.Value.ToString())));
            }
        }
        catch (OperationCanceledException)
        {
            throw new ForwardException(ForwardError.RequestBodyTimeout);
        }
    }

    // Only a path of this host: neither "//elsewhere" nor "/\elsewhere", and never back to the form.
    private static string SafeTarget(string? to) =>
        to is { Length: > 0 and <= 4096 } && to[0] == '/' && !(to.Length > 1 && to[1] is '/' or '\\')
        && !to.AsSpan().ContainsAnyExceptInRange('!', '~') && !to.StartsWith(Gatekeeper.OwnPaths, StringComparison.Ordinal) ? to : "/";

    private static string CookieOf(Visit visit, string ticket) =>
        $"{Gatekeeper.Cookie}={ticket}; Path=/; Max-Age={(int)DoorTickets.Life.TotalSeconds}; HttpOnly; "
            + $"SameSite=Lax{(visit.Request.Scheme == "https" ? "; Secure" : "")}";

    private static Task RedirectAsync(Visit visit, string to, string cookie)
    {
        var headers = visit.Response.Headers;
        visit.Response.StatusCode = StatusCodes.Status303SeeOther;
        headers.Location = to;
        headers.SetCookie = cookie;
        headers.CacheControl = "no-store";
        headers["X-Request-Id"] = visit.Id;
        headers.ContentLength = 0;
        return Task.CompletedTask;
    }

    private static Task NotFoundAsync(Visit visit)
    {
        visit.Fail(ForwardError.NoSuchHost);
        return ErrorAnswer.WriteAsync(visit);
    }
}
