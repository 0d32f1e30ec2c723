using System.Globalization;
using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Access.Sessions;
using Adit.Hub.Access.SignIn.Ldap;
using Adit.Hub.Access.SignIn.Oidc;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Adit.Hub.Access.SignIn;

/// <summary>/api/v1/sign-in: the ways in, by name and password, and by token. Open to everybody, since nobody is anybody before.</summary>
internal static class SignInEndpoints
{
    /// <summary>Registers the ways in.</summary>
    public static IServiceCollection AddSignIn(this IServiceCollection services, HubOptions options)
    {
        services.AddSingleton(static provider => SignInKey.In(provider.GetRequiredService<Storage.DataDirectory>()));
        services.AddSingleton<Passwords>().AddSingleton<KnownDevices>().AddSingleton<SignInThrottle>();
        services.AddSingleton(static provider => new SignInMeter(() => provider.GetRequiredService<SessionRegistry>().Count));
        services.AddSingleton<Reception>().AddSingleton<ExternalAccounts>().AddSingleton<PasswordSignIn>();
        services.AddSingleton<OidcStateCookie>().AddSingleton<IPasswordSource, LocalPasswords>();
        foreach (var ldap in options.SignIn.OfType<LdapOptions>())
        {
            services.AddSingleton(provider => ActivatorUtilities.CreateInstance<LdapDirectory>(provider, ldap));
            services.AddSingleton<IPasswordSource>(provider => Directory(provider, ldap));
            services.AddSingleton(provider => ActivatorUtilities.CreateInstance<LdapSync>(provider, ldap, Directory(provider, ldap)));
            services.AddSingleton<IHostedService>(provider => provider.GetServices<LdapSync>().First(s => s.Source == ldap.Name));
        }

        foreach (var oidc in options.SignIn.OfType<OidcOptions>())
            services.AddSingleton(provider => ActivatorUtilities.CreateInstance<OidcSignIn>(provider, oidc));
        return services;
    }

    private static LdapDirectory Directory(IServiceProvider provider, LdapOptions ldap) =>
        provider.GetServices<LdapDirectory>().First(d => d.Name == ldap.Name);

    /// <summary>Maps them.</summary>
    public static void MapSignIn(this IEndpointRouteBuilder routes)
    {
        var ways = routes.MapGroup("/api/v1/sign-in").WithTags("sign-in");
        ways.MapGet("", List).NeedsNobody().Produces<SignInSources>();
        ways.MapPost("", ByPasswordAsync).NeedsNobody().Produces<CurrentSession>();
        routes.MapOidc();
        ways.MapPost("/token", ByTokenAsync).NeedsNobody().Produces<CurrentSession>();
    }

    /// <summary>A refusal as an answer.</summary>
    public static IResult Answer(SignInRefusal refusal, HttpContext context)
    {
        if (refusal.RetryAfter is { } wait)
            context.Response.Headers.RetryAfter = ((int)wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        var (status, code) = refusal.Code switch
        {
            SignInRefusalCode.Wrong => (StatusCodes.Status401Unauthorized, "wrong-credentials"),
            SignInRefusalCode.Throttled => (StatusCodes.Status429TooManyRequests, "throttled"),
            SignInRefusalCode.Busy => (StatusCodes.Status503ServiceUnavailable, "busy"),
            SignInRefusalCode.NotAllowed => (StatusCodes.Status403Forbidden, "forbidden"),
            SignInRefusalCode.Disabled => (StatusCodes.Status403Forbidden, "disabled"),
            SignInRefusalCode.NameTaken => (StatusCodes.Status409Conflict, "name-taken"),
            SignInRefusalCode.Unreachable => (StatusCodes.Status503ServiceUnavailable, "source-unreachable"),
            SignInRefusalCode.Untrusted => (StatusCodes.Status502BadGateway, "source-untrusted"),
            SignInRefusalCode.Stale => (StatusCodes.Status400BadRequest, "stale"),
            _ => (StatusCodes.Status404NotFound, "not-found"),
        };
        return Problems.Of(status, code, refusal.Message);
    }

    private static JsonHttpResult<SignInSources> List(IEnumerable<IPasswordSource> sources, IEnumerable<OidcSignIn> providers) => TypedResults.Json(
        new SignInSources
        {
            Sources =
            [
                .. sources.Select(static s => new SignInSource { Name = s.Name, Kind = s.Kind, Title = s.Title }),
                .. providers.Select(static p => new SignInSource
                {
                    Name = p.Options.Name, Kind = "oidc", Title = p.Options.Title, Start = "/api/v1/sign-in/oidc/" + p.Options.Name,
                }),
            ],
            Password = new PasswordRule { MinLength = AccountRules.ShortestPassword, MaxLength = AccountRules.LongestPassword },
        },
        SessionsJson.Default.SignInSources);

    private static async Task<IResult> ByPasswordAsync(SignInRequest request, HttpContext context, PasswordSignIn signIn, Reception reception)
    {
        if (request is not { Name.Length: > 0 and <= 256, Password.Length: > 0 and <= AccountRules.LongestPassword })
            return Problems.Invalid($"Sign in with a name and a password of 1 to {AccountRules.LongestPassword} characters.");
        if (request.Source is { Length: 0 or > AccountRules.LongestName })
            return Problems.Invalid($"A source has a name of 1 to {AccountRules.LongestName} characters; GET /api/v1/sign-in lists them.");
        if (!RequestOrigin.IsOurs(context.Request))
            return ForeignPage();
        try
        {
            var account = await signIn.CheckAsync(request, context);
            return TypedResults.Json(await reception.AdmitAsync(context, account.Name, account.Source), SessionsJson.Default.CurrentSession);
        }
        catch (SignInRefusal refusal)
        {
            return Answer(refusal, context);
        }
    }

    private static async Task<IResult> ByTokenAsync(
        TokenSignInRequest request, HttpContext context, TokenRegistry tokens, TokenUses uses, GuessThrottles guesses, Reception reception)
    {
        if (!RequestOrigin.IsOurs(context.Request))
            return ForeignPage();
        var address = context.Connection.RemoteIpAddress;
        try
        {
            if (guesses.Api.IsHeldUp(address))
                throw new SignInRefusal(SignInRefusalCode.Throttled, "Too many wrong tokens came from your address; wait a minute.") { RetryAfter = TimeSpan.FromMinutes(1) };
            if (tokens.Authenticate(request.Token) is not { } caller)
            {
                guesses.Api.Failed(address);
                throw new SignInRefusal(SignInRefusalCode.Wrong, "The token is unknown, revoked or expired.");
            }

            uses.Note(caller, address);
            // A program has no browser; and what is its project's to end must not go on in one.
            if (caller.Identity.Kind == AccountKind.Service)
                throw new SignInRefusal(SignInRefusalCode.NotAllowed, $"'{caller.Account}' is a service account, which is for programs: sign in as yourself.");
            // A session may do what its account may: a token that may do less must not become one.
            if (!caller.HasAllOfItsAccount)
                throw new SignInRefusal(SignInRefusalCode.NotAllowed, "This token may do less than its account, so it cannot sign in to all of it; use another.");
            var session = await reception.AdmitAsync(context, caller.Account, SessionStart.TokenSource + caller.TokenId, notAfter: caller.Expires);
            return TypedResults.Json(session, SessionsJson.Default.CurrentSession);
        }
        catch (SignInRefusal refusal)
        {
            reception.NoteRefusal(context, null, "token", refusal);
            return Answer(refusal, context);
        }
    }

    // Or else another's page could sign its visitor in as somebody whom it knows.
    private static IResult ForeignPage() =>
        Problems.Of(StatusCodes.Status403Forbidden, "csrf", "Sign-in comes from the hub's own page; this request came from another's.");
}
