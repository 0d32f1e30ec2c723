using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Access.SignIn.Oidc;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Access.Sessions;

/// <summary>/api/v1/session (one's own) and /api/v1/sessions.</summary>
internal static class SessionEndpoints
{
    /// <summary>Registers the sessions that there are.</summary>
    public static IServiceCollection AddSessions(this IServiceCollection services, SessionRegistry sessions) =>
        services.AddSingleton(_ => sessions).AddSingleton<ISessions>(static provider => provider.GetRequiredService<SessionRegistry>()); // Made by a function, so that the container ends it.

    /// <summary>Maps both.</summary>
    public static void MapSessions(this IEndpointRouteBuilder routes)
    {
        // Says of nobody but the asker who it is, and a page asks it to find out whether it is anybody: NeedsCaller does.
        routes.MapGet("/api/v1/session", Show).NeedsCaller().Produces<CurrentSession>().WithTags("sessions");
        routes.MapDelete("/api/v1/session", SignOutAsync).NeedsCaller().Produces<SignedOut>().Produces(StatusCodes.Status204NoContent).WithTags("sessions");
        var sessions = routes.MapGroup("/api/v1/sessions").WithTags("sessions");
        sessions.MapGet("", List).Needs(Permission.AccountsRead).Produces<SessionList>();
        sessions.MapDelete("", EndAllAsync).Needs(Permission.AccountsWrite).Produces(StatusCodes.Status204NoContent);
        sessions.MapDelete("/{id}", EndAsync).Needs(Permission.AccountsWrite).Produces(StatusCodes.Status204NoContent);
    }

    /// <summary>The caller as an answer.</summary>
    public static CurrentSession Describe(Caller caller, Session? session) => new()
    {
        Id = session?.Id,
        Account = caller.Account,
        DisplayName = caller.Identity.DisplayName,
        Email = caller.Identity.Email,
        Role = caller.Role,
        Groups = [.. caller.Groups.Order(StringComparer.Ordinal)],
        Source = session?.Source ?? SessionStart.TokenSource + caller.TokenId,
        AccountSource = caller.Identity.Source,
        Csrf = session?.Csrf,
        Scopes = caller.Scopes.ToList(),
        Expires = caller.Expires,
        MustSetPassword = session is not null && caller.Identity is { Source: Account.LocalSource, Kind: AccountKind.Person, PasswordHash: null } ? true : null,
    };

    private static JsonHttpResult<CurrentSession> Show(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Json(Describe(context.Caller(), context.Items[typeof(Session)] as Session), SessionsJson.Default.CurrentSession);
    }

    private static async Task<IResult> SignOutAsync(HttpContext context, SessionRegistry sessions, IEnumerable<OidcSignIn> providers, AuditLog audit)
    {
        if (context.Items[typeof(Session)] is not Session session)
            return Problems.Invalid("There is no session to end: this request shows a token. Revoke it with `adit token revoke`.");
        // Without a wait for anybody else: what a provider has to say of it comes after, and may fail.
        var provider = providers.FirstOrDefault(p => p.Options.Name == session.Source);
        var hint = provider?.TakeHint(session);
        SessionCookie.Clear(context);
        await sessions.EndAsync(session.Id);
        await audit.RecordAsync(AuditEntry.By(context.Caller(), "sign-out", "account:" + session.Account, context.Address()));
        if (provider is null || await provider.WayOutAsync(context, hint) is not { } way)
            return TypedResults.NoContent();
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Json(way, SessionsJson.Default.SignedOut);
    }

    private static IResult List(HttpContext context, SessionRegistry sessions, Authority authority, string? account = null)
    {
        var whose = account ?? context.Caller().Account;
        if (!authority.May(context.Caller(), Permission.AccountsRead, new Owned(whose)))
            return Problems.NotFound($"account '{whose}'");
        var current = (context.Items[typeof(Session)] as Session)?.Id;
        return TypedResults.Json(
            new SessionList
            {
                Items =
                [
                    .. sessions.List(whose).Select(s => new BrowserSession
                    {
                        Id = s.Session.Id,
                        Account = s.Session.Account,
                        Source = s.Session.Source,
                        Created = s.Session.Created,
                        LastSeen = s.LastSeen,
                        Expires = s.Session.Ends,
                        UserAgent = s.Session.UserAgent,
                        Address = s.Session.Address,
                        Current = s.Session.Id == current,
                    }),
                ],
            },
            SessionsJson.Default.SessionList);
    }

    private static async Task<IResult> EndAsync(string id, HttpContext context, SessionRegistry sessions, Authority authority, AuditLog audit)
    {
        if (sessions.Find(id) is not { } session || !authority.May(context.Caller(), Permission.AccountsWrite, new Owned(session.Account)))
            return Problems.NotFound($"session {id}");
        await sessions.EndAsync(id);
        await audit.RecordAsync(AuditEntry.By(context.Caller(), "session.end", "session:" + id, context.Address()) with
        {
            Detail = new Dictionary<string, string> { ["account"] = session.Account },
        });
        return TypedResults.NoContent();
    }

    private static async Task<IResult> EndAllAsync(
        HttpContext context, SessionRegistry sessions, Authority authority, AuditLog audit, string? account = null)
    {
        var whose = account ?? context.Caller().Account;
        if (!authority.May(context.Caller(), Permission.AccountsWrite, new Owned(whose)))
            return Problems.NotFound($"account '{whose}'");
        var count = await sessions.EndWhereAsync(s => s.Account == whose);
        await audit.RecordAsync(AuditEntry.By(context.Caller(), "session.end", "account:" + whose, context.Address()) with
        {
            Detail = new Dictionary<string, string> { ["sessions"] = count.ToString(System.Globalization.CultureInfo.InvariantCulture) },
        });
        return TypedResults.NoContent();
    }
}
