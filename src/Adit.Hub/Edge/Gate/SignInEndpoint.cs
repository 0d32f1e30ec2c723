using System.Buffers;
using System.Text;
using Adit.Hub.Edge.Forwarding;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace Adit.Hub.Edge.Gate;

/// <summary>
/// <c>POST /_adit/sign-in</c> on a route's host: a token, or a code of <see cref="SignInCodes"/>, becomes a cookie of this host only.
/// </summary>
internal sealed class SignInEndpoint(Gatekeeper gate)
{
    private const int MaxForm = 8 * 1024;
    private static readonly TimeSpan FormTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Serves it.</summary>
    public async Task SignInAsync(Visit visit, Route route)
    {
        if (!CrossSite.IsOwnForm(visit))
        {
            await SignInAnswer.WritePageAsync(
                visit, route.Name, StatusCodes.Status403Forbidden, visit.Prefix + "/", "The form came from another site. Sign in here instead.", gate.Parts.Dance is not null);
            return;
        }

        if (gate.Parts.Throttle.IsHeldUp(visit.Client))
        {
            visit.Response.Headers.RetryAfter = "60";
            await SignInAnswer.WritePageAsync(
                visit, route.Name, StatusCodes.Status429TooManyRequests, visit.Prefix + "/", "Too many wrong tokens. Wait a minute.", gate.Parts.Dance is not null);
            return;
        }

        var form = await ReadFormAsync(visit);
        var to = ReturnPath.Safe(form.GetValueOrDefault("to"), visit.Prefix);
        var host = Gatekeeper.HostOf(visit);
        var kind = TicketKind.Token;
        if (form.GetValueOrDefault("code") is { Length: > 0 } code
            ? gate.Parts.SignInCodes.TryRedeem(code, host, out var key)
            : gate.TryToken(route.Policy, (form.GetValueOrDefault("token") ?? "").Trim(), visit.Client, out kind, out key))
        {
            var ticket = gate.Parts.Tickets.Issue(host, kind, key, DoorTickets.Life);
            Redirect(visit, to, DoorCookies.Set(visit, DoorCookies.Ticket(visit), ticket, DoorTickets.Life));
            return;
        }

        gate.Parts.Throttle.Failed(visit.Client);
        await SignInAnswer.WritePageAsync(
            visit, route.Name, StatusCodes.Status401Unauthorized, to, form.ContainsKey("code") ? "The link was used before, or is too old: it works once, within a minute. Open this from the pages of the hub, which make a new one, or sign in here." : "That token does not open this tunnel.",
            gate.Parts.Dance is not null);
    }

    private async Task<Dictionary<string, string>> ReadFormAsync(Visit visit)
    {
        using var enough = new CancellationTokenSource(FormTimeout, gate.Parts.Time);
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

    /// <summary>Sends the visitor on with a cookie.</summary>
    public static void Redirect(Visit visit, string to, string cookie)
    {
        var headers = visit.Response.Headers;
        visit.Response.StatusCode = StatusCodes.Status303SeeOther;
        headers.Location = to;
        headers.SetCookie = cookie;
        headers.CacheControl = "no-store";
        headers["X-Request-Id"] = visit.Id;
        headers.ContentLength = 0;
    }
}
