using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Access.Sessions;

/// <summary>
/// The cookie of a session, on the hub's own host only. Over TLS its name begins with <c>__Host-</c>, which no page of a tunnel can set for
/// us (RFC 6265bis 4.1.3.2); in clear, where browsers refuse that prefix, it cannot be kept from it.
/// </summary>
internal static class SessionCookie
{
    private const string Secure = "__Host-adit";
    private const string Plain = "adit_session";
    private const int MostCandidates = 4;

    /// <summary>Its name on this request's connection.</summary>
    public static string NameFor(HttpRequest request) => request.IsHttps ? Secure : Plain;

    /// <summary>Whether the request has one, good or not.</summary>
    public static bool IsIn(HttpRequest request) => Candidates(request).Any();

    /// <summary>
    /// Its values. There may be several, in one field or more, when somebody set one for a wider domain: each is looked at, up to a few.
    /// </summary>
    public static IEnumerable<string> Candidates(HttpRequest request)
    {
        var name = NameFor(request);
        return request.Headers.Cookie
            .SelectMany(static field => (field ?? "").Split(';', StringSplitOptions.TrimEntries))
            .Where(pair => pair.Length > name.Length && pair[name.Length] == '=' && pair.StartsWith(name, StringComparison.Ordinal))
            .Select(pair => pair[(name.Length + 1)..])
            .Take(MostCandidates);
    }

    /// <summary>Gives it to the browser.</summary>
    public static void Set(HttpContext context, string value, TimeSpan life) => Append(context, value, (long)life.TotalSeconds);

    /// <summary>Takes it from the browser.</summary>
    public static void Clear(HttpContext context) => Append(context, "", 0);

    private static void Append(HttpContext context, string value, long seconds)
    {
        var secure = context.Request.IsHttps ? "; Secure" : "";
        context.Response.Headers.Append(
            "Set-Cookie", $"{NameFor(context.Request)}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
        context.Response.Headers.CacheControl = "no-store";
    }
}
