using System.Buffers.Text;
using System.Security.Cryptography;
using Adit.Hub.Edge.Forwarding;
using Microsoft.AspNetCore.WebUtilities;

namespace Adit.Hub.Edge.Gate;

/// <summary>
/// <c>GET /_adit/embed/GRANT</c> on a route's host: what a frame begins with. <c>GRANT</c> is the secret of a grant, or the id of one that
/// is signed, and then <c>g</c> has the <see cref="EmbedSignature"/>. The visitor gets a ticket that is good within this frame on this site
/// only, and is sent on to <c>to</c>, so that neither stays in the address.
/// </summary>
internal sealed class EmbedEntry(Gatekeeper gate)
{
    /// <summary>How long a visitor is let in by one signature, at most.</summary>
    public static readonly TimeSpan SignedLife = TimeSpan.FromHours(12);

    private static readonly TimeSpan Endless = TimeSpan.FromDays(3650);

    /// <summary>Lets in, or refuses.</summary>
    public Task EnterAsync(Visit visit, Route route, string name)
    {
        if (visit.Prefix.Length > 0 || name.Length is 0 or > 100 || Find(name) is not { } grant || grant.Route != route.Name)
        {
            visit.Fail(ForwardError.NoSuchHost);
            return ErrorAnswer.WriteAsync(visit);
        }

        if (visit.Request.Headers["Sec-Fetch-Dest"].ToString() is not ("" or "iframe" or "frame" or "embed" or "object"))
        {
            visit.Fail(ForwardError.EmbedRefused, "This address is for frames in the pages that it was made for, and no window of its own.");
            return ErrorAnswer.WriteAsync(visit);
        }

        visit.FramedBy = grant;
        var query = QueryHelpers.ParseQuery(Dance.QueryOf(visit));
        var visitor = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(12));
        if (grant.Key is { } key)
        {
            var host = HostName.Of(visit.Authority).ToString();
            if (!EmbedSignature.TryRead(query.TryGetValue("g", out var g) ? g.ToString() : "", key, host, gate.Parts.Time.GetUtcNow(), out var claims, out var why)
                || (why = gate.Parts.Grants!.Signatures.Use(grant.Id, claims)) is not null)
            {
                gate.Parts.Meter.CountEmbedRefused();
                visit.Fail(ForwardError.EmbedRefused, $"The signature does not count: {why}.");
                return ErrorAnswer.WriteAsync(visit);
            }

            visitor = claims.Subject is { } subject ? $"{visitor}.{subject}" : visitor;
        }

        if (grant.Use.Reserve(visitor, out var wait) is not EmbedLimit.None and var limit)
            return gate.RefuseAsync(visit, limit, wait);
        gate.Parts.Meter.CountEmbedEntered();
        Open(visit, grant, visitor, query.TryGetValue("to", out var to) ? to.ToString() : "/");
        return Task.CompletedTask;
    }

    private EmbedGrant? Find(string name)
    {
        var grants = gate.Parts.Grants;
        return grants?.FindBySecret(name) is { Key: null } byAddress ? byAddress : grants?.Find(name) is { Key: not null } signed ? signed : null;
    }

    private void Open(Visit visit, EmbedGrant grant, string visitor, string to)
    {
        var left = grant.Expires - gate.Parts.Time.GetUtcNow();
        var life = grant.Key is null || left < SignedLife ? left : SignedLife;
        var ticket = gate.Parts.Tickets.Issue(Gatekeeper.HostOf(visit), TicketKind.Embed, new DoorKey(visitor, grant.Id), life ?? Endless);
        SignInEndpoint.Redirect(visit, ReturnPath.Safe(to), DoorCookies.SetEmbedded(DoorCookies.Embed(visit.IsSecure), ticket, life));
        visit.Response.Headers.ContentSecurityPolicy = grant.FrameAncestors;
        visit.Response.Headers["Referrer-Policy"] = "no-referrer";
    }
}
