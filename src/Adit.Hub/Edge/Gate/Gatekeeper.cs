using System.Net;
using System.Security.Cryptography;
using System.Text;
using Adit.Hub.Edge.Forwarding;

namespace Adit.Hub.Edge.Gate;

/// <summary>
/// Stands at the door of each route: finds out what a visitor shows (a token, the route's own visitor token or password, a ticket in a
/// cookie, a grant for a frame), asks the <see cref="RoutePolicy"/>, and lets pass, asks to sign in, or refuses. Works from memory alone.
/// What opened the door goes no further.
/// </summary>
internal sealed class Gatekeeper
{
    /// <summary>Paths of every route's host that the hub answers.</summary>
    public const string OwnPaths = "/_adit/";

    private const int MostTickets = 4;
    private static readonly TimeSpan ExternalLife = TimeSpan.FromHours(12);

    private readonly GatePaths _paths;

    public Gatekeeper(GateParts parts)
    {
        Parts = parts;
        _paths = new GatePaths(this);
    }

    /// <summary>What it works with.</summary>
    public GateParts Parts { get; }

    /// <summary>Whether the visit may pass; answers it itself when not, or when its path is the gate's own.</summary>
    /// <returns>Null to pass; otherwise the answer under way.</returns>
    public Task? Stop(Visit visit, Route route)
    {
        if (visit.Target.StartsWith(OwnPaths, StringComparison.Ordinal) && route.Keeper?.Owns(visit.Target) != true)
            return _paths.AnswerAsync(visit, route);
        if (route.Kind == RouteKind.External)
        {
            visit.Fail(ForwardError.NoSuchHost);
            return ErrorAnswer.WriteAsync(visit);
        }

        var version = Parts.Doors.Version;
        if (Judge(visit, route, out var expires) is { } refusal)
            return refusal.AnswerAsync(visit, route, this);
        if (visit.Pass is null or { Kind: PassKind.None } && Parts.Rates is { } rates && !rates.TryTake(visit.Client, out var wait))
            return SlowDownAsync(visit, wait);
        if (visit.Pass is { Grant: { } grant } framed && grant.Use.Enter(framed.Visitor, out wait) is not EmbedLimit.None and var limit)
            return RefuseAsync(visit, limit, wait);
        visit.Gate = this;
        visit.IsInside = true;
        Parts.Doors.Enter(visit, expires);
        if (Parts.Doors.Version == version || LossOf(visit) == DoorLoss.None)
            return null;
        Leave(visit); // Something changed in between.
        visit.Fail(ForwardError.NotAllowed);
        return ErrorAnswer.WriteAsync(visit);
    }

    /// <summary>The visit is over, whether it had passed or not.</summary>
    public void Leave(Visit visit)
    {
        if (!visit.IsInside)
            return;
        visit.IsInside = false;
        Parts.Doors.Leave(visit);
        if (visit.Pass is { Grant: { } grant } framed)
            grant.Use.Leave(framed.Visitor);
    }

    /// <summary>Answers somebody in a frame whose grant is used up.</summary>
    public Task RefuseAsync(Visit visit, EmbedLimit limit, TimeSpan wait)
    {
        Parts.Meter.CountEmbedLimited();
        visit.RetryAfter = wait;
        visit.Fail(limit == EmbedLimit.Visitors ? ForwardError.EmbedFull : ForwardError.EmbedSpent);
        return ErrorAnswer.WriteAsync(visit);
    }

    /// <summary>Why a visit that has passed would not pass now, if it would not.</summary>
    public DoorLoss LossOf(Visit visit)
    {
        if (visit.Route is not { Life.IsOver: false } passed)
            return DoorLoss.NotAllowed;

        // When its client has ended a tunnel what is under way may finish, for as long as what it said last lets it.
        var route = RouteOf(visit) ?? passed;
        if (route.Policy.IsOpen)
            return DoorLoss.None;
        var pass = visit.Pass ?? DoorPass.Nobody;
        var now = pass.Kind switch
        {
            PassKind.Person => Parts.Keys.Find(pass.Key) is { } person && !(pass.IsBySession && Parts.Consents?.IsNeeded(route, person) == true)
                ? new DoorPass { Kind = PassKind.Person, Key = pass.Key, Person = person, IsBySession = pass.IsBySession } : null,
            PassKind.Basic => Same(pass.SecretHash, route.Policy.BasicAuthHash) ? pass : null,
            PassKind.Visitor => Same(pass.SecretHash, route.Policy.VisitorTokenHash) ? pass : null,
            PassKind.Embed => Parts.Grants?.Find(pass.Grant!.Id) is null || pass.Ends <= Parts.Time.GetUtcNow() ? null : pass,
            _ => pass,
        };
        if (now is null)
            return pass.Kind == PassKind.Embed ? DoorLoss.NotAllowed : DoorLoss.SignedOut;
        var answer = PolicyJudge.Decide(route.Policy, Question(visit, now));
        return answer.IsAllowed ? DoorLoss.None : answer.MaySignIn ? DoorLoss.SignedOut : DoorLoss.NotAllowed;
    }

    /// <summary>Finds out what is shown and whether that opens the route; what it finds is noted on the visit.</summary>
    /// <returns>Null when it may pass.</returns>
    /// <param name="visit">Who comes.</param>
    /// <param name="route">Where to.</param>
    /// <param name="mayEnd">Whether what let it pass ends by itself at some time.</param>
    public GateRefusal? Judge(Visit visit, Route route, out bool mayEnd)
    {
        var policy = route.Policy;
        var headers = visit.Request.Headers;
        mayEnd = false;

        // A hub's token that is shown where it does not open is a slip, or meant for another: no application gets to see it.
        visit.OpenedByAuthorization = headers.Authorization.Count > 0 && IsHubToken(headers.Authorization.ToString());
        if (policy.IsOpen)
            return null;

        var shown = default(DoorPass);
        if (headers.Authorization.Count == 1 && FromAuthorization(visit, policy, headers.Authorization.ToString()) is { } authorized)
        {
            if (Passes(visit, policy, authorized, ref mayEnd, out _))
            {
                visit.OpenedByAuthorization = true;
                return null;
            }

            shown = authorized;
        }

        var isForged = false;
        if (headers.Cookie.Count > 0 && FromCookies(visit, route) is { } ticketed)
        {
            isForged = CrossSite.IsForged(visit) && !(policy.AllowsCrossSite && visit.Shape is not (RequestShape.Upgrade or RequestShape.WebSocketOverHttp2));
            if (!isForged)
            {
                if (Passes(visit, policy, ticketed, ref mayEnd, out var answer))
                {
                    visit.OpenedByCookie = true;
                    return null;
                }

                Parts.Log?.Denied(route.Name, ticketed, ForwardedFields.Text(visit.Client), answer.Rule + 1);
                Parts.Meter.CountDenied();
                visit.RenewedTicket = null;
                return GateRefusal.NotAllowed;
            }

            visit.RenewedTicket = null;
        }

        if (shown is null && Passes(visit, policy, DoorPass.Nobody, ref mayEnd, out var unknown))
            return null;
        if (isForged)
        {
            Parts.Meter.CountForged();
            return GateRefusal.Forged;
        }

        if (shown?.Kind == PassKind.Person && policy is { BasicAuthHash: null, VisitorTokenHash: null })
        {
            // It is known who comes, and showing anything else would change nothing.
            Parts.Log?.Denied(route.Name, shown, ForwardedFields.Text(visit.Client), PolicyJudge.Decide(policy, Question(visit, shown)).Rule + 1);
            Parts.Meter.CountDenied();
            return GateRefusal.NotAllowed;
        }

        if (shown is null && !PolicyJudge.Decide(policy, Question(visit, DoorPass.Nobody)).MaySignIn)
        {
            Parts.Meter.CountDenied();
            return GateRefusal.NotAllowed;
        }

        Parts.Meter.CountSignIn();
        return GateRefusal.SignIn;
    }

    /// <summary>Whether a text is a token that opens the route in some way.</summary>
    public bool TryToken(RoutePolicy policy, string token, IPAddress? client, out TicketKind kind, out DoorKey key)
    {
        kind = TicketKind.Token;
        if (Parts.Keys.TryAuthenticate(token, client, out key) && Parts.Keys.Find(key) is { } person)
            return PolicyJudge.MayPassSomehow(policy, person, Parts.Time.GetUtcNow());
        kind = TicketKind.Visitor;
        key = new DoorKey(Fingerprint(policy.VisitorTokenHash), "visitor");
        return policy.VisitorTokenHash is { } hash && Matches(token, hash);
    }

    /// <summary>The host of a visit as tickets name it; in path mode with the path of the application, which is all that they are good for.</summary>
    public static string HostOf(Visit visit) => HostName.Of(visit.Authority).ToString().ToLowerInvariant() + visit.Prefix;

    /// <summary>How long a ticket by session lasts on a route. Who serves it elsewhere may have no way to hand a new one on.</summary>
    public static TimeSpan LifeOn(Route route) => route.Kind == RouteKind.External ? ExternalLife : DoorTickets.SessionLife;

    private Task SlowDownAsync(Visit visit, TimeSpan wait)
    {
        Parts.Meter.CountLimited();
        visit.RetryAfter = wait;
        visit.Fail(ForwardError.RateLimited);
        return ErrorAnswer.WriteAsync(visit);
    }

    private Route? RouteOf(Visit visit) =>
        visit.Prefix.Length == 0 ? Parts.Routes.Find(HostName.Of(visit.Authority)) : Parts.Paths?.Find(HostOf(visit));

    private bool Passes(Visit visit, RoutePolicy policy, DoorPass pass, ref bool mayEnd, out PolicyAnswer answer)
    {
        answer = PolicyJudge.Decide(policy, Question(visit, pass));
        if (!answer.IsAllowed)
            return false;
        visit.Pass = pass;
        if (pass.Person is not null && pass.Kind == PassKind.Person)
            visit.Identify(pass, Parts.Assertions, Parts.Time);
        else if (pass.Grant is { Key: not null })
            visit.Identify(pass.Visitor);
        mayEnd = policy.Effective[answer.Rule].Expires is not null || pass.Grant is { Expires: not null } or { Key: not null };
        Parts.Meter.CountAllowed();
        return true;
    }

    private PolicyQuestion Question(Visit visit, DoorPass pass) => new()
    {
        Pass = pass,
        Address = visit.Client,
        Method = visit.Shape == RequestShape.WebSocketOverHttp2 ? "GET" : visit.Request.Method,
        OverrideMethods = MethodOverrides.Of(visit.Request.Headers),
        Target = visit.Target,
        Now = Parts.Time.GetUtcNow(),
    };

    private bool IsHubToken(string value)
    {
        var space = value.IndexOf(' ', StringComparison.Ordinal);
        return space > 0 && Parts.Keys.LooksLikeToken(value.AsSpan(space + 1).Trim());
    }

    private DoorPass? FromAuthorization(Visit visit, RoutePolicy policy, string value)
    {
        if (value.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            var token = value[7..].Trim();
            if (Parts.Keys.TryAuthenticate(token, visit.Client, out var key) && Parts.Keys.Find(key) is { } person)
                return new DoorPass { Kind = PassKind.Person, Key = key, Person = person };
            return policy.VisitorTokenHash is { } hash && Guess(visit, token, hash) ? new DoorPass { Kind = PassKind.Visitor, SecretHash = hash } : null;
        }

        return policy.BasicAuthHash is { } basic && value.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase)
            && TryDecode(value[6..].Trim(), out var pair) && Guess(visit, pair, basic)
            ? new DoorPass { Kind = PassKind.Basic, SecretHash = basic }
            : null;
    }

    private bool Guess(Visit visit, string secret, byte[] hash)
    {
        if (Parts.Throttle.IsHeldUp(visit.Client))
            return false;
        if (Matches(secret, hash))
            return true;
        Parts.Throttle.Failed(visit.Client);
        return false;
    }

    private DoorPass? FromCookies(Visit visit, Route route)
    {
        var fields = visit.Request.Headers.Cookie;
        var host = visit.Prefix.Length == 0 ? HostName.Of(visit.Authority) : HostOf(visit);
        var looked = 0;
        foreach (var text in DoorCookies.Find(fields, DoorCookies.Ticket(visit)))
        {
            if (looked++ == MostTickets)
                break;
            if (ReadTicket(visit, text, host) is { } ticket && PassOf(visit, route, ticket) is { } pass)
                return pass;
        }

        if (Parts.Grants is not { } grants)
            return null;
        looked = 0;
        foreach (var text in DoorCookies.Find(fields, DoorCookies.Embed(visit.IsSecure)))
        {
            if (looked++ == MostTickets)
                break;
            if (Parts.Tickets.Read(text, host) is { Kind: TicketKind.Embed } ticket && ticket.Ends > Parts.Time.GetUtcNow()
                && grants.Find(ticket.Key.TokenId) is { } grant && grant.Route == route.Name)
            {
                return new DoorPass { Kind = PassKind.Embed, Grant = grant, Visitor = ticket.Key.Account, Ends = ticket.Ends };
            }
        }

        return null;
    }

    // A browser sends the same ticket with each request of a connection: its signature is looked at once.
    private DoorTicket? ReadTicket(Visit visit, ReadOnlySpan<char> text, ReadOnlySpan<char> host)
    {
        if (visit.KnownTicket is { } known && text.SequenceEqual(known.Text) && host.Equals(known.Host, StringComparison.OrdinalIgnoreCase))
            return known;
        return Parts.Tickets.Read(text, host) is { } ticket ? visit.KnownTicket = ticket : null;
    }

    // A ticket lives no longer than what it was given for: each request asks whether that is still good.
    private DoorPass? PassOf(Visit visit, Route route, DoorTicket ticket)
    {
        var now = Parts.Time.GetUtcNow();
        switch (ticket.Kind)
        {
            case TicketKind.Visitor:
                return ticket.Ends > now && route.Policy.VisitorTokenHash is { } hash && ticket.Key.Account == Fingerprint(hash)
                    ? new DoorPass { Kind = PassKind.Visitor, SecretHash = hash } : null;
            case TicketKind.Token when ticket.Ends > now:
            case TicketKind.Session when ticket.Ends + DoorTickets.Grace > now:
                if (Parts.Keys.Find(ticket.Key) is not { } person || person.Account != ticket.Key.Account)
                    return null;
                var isBySession = ticket.Kind == TicketKind.Session;
                if (isBySession && Parts.Consents?.IsNeeded(route, person) == true)
                    return null; // Taken back, or the route is somebody else's now: as if it had never signed in there.
                if (isBySession && ticket.Ends - DoorTickets.RenewBefore <= now)
                    Renew(visit, route, ticket);
                return visit.Pass is { Kind: PassKind.Person } same && same.Key == ticket.Key && ReferenceEquals(same.Person, person)
                    ? same : new DoorPass { Kind = PassKind.Person, Key = ticket.Key, Person = person, IsBySession = isBySession };
            default:
                return null;
        }
    }

    private void Renew(Visit visit, Route route, DoorTicket ticket)
    {
        var next = Parts.Tickets.Issue(ticket.Host, TicketKind.Session, ticket.Key, LifeOn(route));
        visit.RenewedTicket = DoorCookies.Set(visit, DoorCookies.Ticket(visit), next);
        Parts.Sessions?.Touch(ticket.Key);
    }

    private static bool Same(byte[]? one, byte[]? other) => one is not null && other is not null && one.AsSpan().SequenceEqual(other);

    private static string Fingerprint(byte[]? hash) => hash is null ? "" : Convert.ToHexStringLower(hash.AsSpan(0, 16));

    private static bool Matches(string secret, byte[] hash)
    {
        Span<byte> actual = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(secret), actual);
        return CryptographicOperations.FixedTimeEquals(actual, hash);
    }

    private static bool TryDecode(string base64, out string text)
    {
        var bytes = new byte[base64.Length];
        var good = Convert.TryFromBase64String(base64, bytes, out var count);
        text = good ? Encoding.UTF8.GetString(bytes, 0, count) : "";
        return good;
    }
}
