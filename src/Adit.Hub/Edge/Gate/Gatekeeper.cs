using System.Security.Cryptography;
using System.Text;
using Adit.Hub.Edge.Forwarding;
using Microsoft.Extensions.Primitives;

namespace Adit.Hub.Edge.Gate;

/// <summary>
/// Who may pass a private route (<see cref="RoutePolicy"/>): a token of the owner, the route's own visitor token or password, or a ticket
/// that one of these was exchanged for. What opened the gate goes no further.
/// </summary>
internal sealed class Gatekeeper(IDoorKeys keys, DoorTickets tickets, SignInCodes codes, GuessThrottle throttle)
{
    /// <summary>The cookie that holds the ticket.</summary>
    public const string Cookie = "adit_ticket";

    /// <summary>Paths of every tunnel's host that the hub answers.</summary>
    public const string OwnPaths = "/_adit/";

    /// <summary>In a ticket, the token id of who showed the route's own visitor token.</summary>
    private const string VisitorTokenId = "visitor";

    private readonly SignInEndpoint _signIn = new(codes, throttle);

    /// <summary>Whether the visit may pass; answers it itself when not, or when its path is the gate's own.</summary>
    /// <returns>Null to pass; otherwise the answer under way.</returns>
    public Task? Stop(Visit visit, Route route)
    {
        if (visit.Request.RawTarget.StartsWith(OwnPaths, StringComparison.Ordinal))
            return _signIn.AnswerAsync(visit, route, this);
        if (MayPass(visit, route.Policy))
            return null;
        visit.Fail(ForwardError.SignInNeeded);
        return SignInAnswer.WriteAsync(visit, route);
    }

    /// <summary>Whether a text is a token that opens the route; makes the ticket's content of it.</summary>
    public bool TryToken(RoutePolicy policy, string token, out DoorKey key)
    {
        if (keys.TryAuthenticate(token, out key) && key.Account == policy.Owner)
            return true;
        key = new DoorKey(Fingerprint(policy.VisitorTokenHash), VisitorTokenId);
        return policy.VisitorTokenHash is { } hash && Matches(token, hash);
    }

    /// <summary>The cookie's value for who has shown a key.</summary>
    public string TicketFor(Visit visit, DoorKey key) => tickets.Issue(HostName.Of(visit.Authority).ToString().ToLowerInvariant(), key);

    /// <summary>Cookie fields without the ticket.</summary>
    public static StringValues StripCookies(StringValues fields)
    {
        var held = false;
        foreach (var field in fields)
            held |= field?.Contains(Cookie, StringComparison.Ordinal) == true;
        return held ? fields.Select(f => WithoutTicket(f ?? "")).Where(f => f is not null).ToArray() : fields;
    }

    /// <summary>One cookie field without the ticket; null when nothing is left.</summary>
    public static string? WithoutTicket(string value)
    {
        var kept = value.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(pair => NameOf(pair) is not Cookie);
        var text = string.Join("; ", kept);
        return text.Length == 0 ? null : text;
    }

    private static string NameOf(string pair) => pair.Split('=', 2)[0].TrimEnd();

    private bool MayPass(Visit visit, RoutePolicy policy)
    {
        var headers = visit.Request.Headers;
        if (policy is { IsPublic: true, BasicAuthHash: null, VisitorTokenHash: null })
        {
            // A hub's token shown where none is asked for is a slip: the application behind must not get to see it.
            visit.OpenedByAuthorization = headers.Authorization.Count > 0 && IsHubToken(headers.Authorization.ToString());
            return true;
        }

        if (headers.Authorization.Count == 1 && OpensByAuthorization(visit, policy, headers.Authorization.ToString()))
        {
            visit.OpenedByAuthorization = true;
            return true;
        }

        return headers.Cookie.Count > 0 && !MayBeForged(visit) && OpensByCookie(visit, policy);
    }

    private bool IsHubToken(string value) =>
        value.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) && keys.TryAuthenticate(value[7..].Trim(), out _);

    // All tunnels are one site to a browser, so SameSite does not keep the page of one tunnel from sending another's cookie along. What a
    // page of another origin causes passes only as a plain navigation (Fetch Metadata; Origin where the browser sends none of that).
    private static bool MayBeForged(Visit visit)
    {
        var headers = visit.Request.Headers;
        var isRead = visit.Request.Method is "GET" or "HEAD" && headers.Upgrade.Count == 0;
        if (headers["Sec-Fetch-Site"].ToString() is { Length: > 0 } site)
            return site is not ("same-origin" or "none") && !(isRead && headers["Sec-Fetch-Mode"].ToString() == "navigate");
        return headers.Origin.ToString() is { Length: > 0 } origin
            && !(Uri.TryCreate(origin, UriKind.Absolute, out var from) && from.Authority.Equals(visit.Authority, StringComparison.OrdinalIgnoreCase));
    }

    private bool OpensByAuthorization(Visit visit, RoutePolicy policy, string value)
    {
        if (value.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            var token = value[7..].Trim();
            if (keys.TryAuthenticate(token, out var key) && key.Account == policy.Owner)
                return true;
            return policy.VisitorTokenHash is { } hash && Guess(visit, token, hash);
        }

        return policy.BasicAuthHash is { } basic && value.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase)
            && TryDecode(value[6..].Trim(), out var pair) && Guess(visit, pair, basic);
    }

    private bool Guess(Visit visit, string secret, byte[] hash)
    {
        if (throttle.IsHeldUp(visit.Client))
            return false;
        if (Matches(secret, hash))
            return true;
        throttle.Failed(visit.Client);
        return false;
    }

    private bool OpensByCookie(Visit visit, RoutePolicy policy)
    {
        var host = HostName.Of(visit.Authority);
        foreach (var field in visit.Request.Headers.Cookie)
        {
            foreach (var range in field.AsSpan().Split(';'))
            {
                var pair = field.AsSpan()[range].Trim();
                if (pair.StartsWith(Cookie, StringComparison.Ordinal) && pair.Length > Cookie.Length && pair[Cookie.Length] == '='
                    && tickets.TryRead(pair[(Cookie.Length + 1)..], host, out var key) && IsGood(key, policy))
                {
                    return true;
                }
            }
        }

        return false;
    }

    // A ticket lives no longer than what it was given for: a revoked token or a changed visitor token ends it.
    private bool IsGood(DoorKey key, RoutePolicy policy) => key.TokenId == VisitorTokenId
        ? policy.VisitorTokenHash is { } hash && key.Account == Fingerprint(hash)
        : key.Account == policy.Owner && keys.IsValid(key);

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
