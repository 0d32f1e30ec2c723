using System.Net;
using System.Text;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Adit.Hub.Access.SignIn.Oidc;

/// <summary>/api/v1/sign-in/oidc/{name}: what browsers and providers are sent to. Open to everybody: who signs in is nobody yet.</summary>
internal static class OidcEndpoints
{
    private const int MaxForm = 128 * 1024;

    /// <summary>Maps them.</summary>
    public static void MapOidc(this IEndpointRouteBuilder routes)
    {
        var provider = routes.MapGroup("/api/v1/sign-in/oidc/{name}").WithTags("sign-in");
        provider.MapGet("", BeginAsync).NeedsNobody().Produces(StatusCodes.Status302Found);
        provider.MapGet("/callback", FinishAsync).NeedsNobody().Produces(StatusCodes.Status303SeeOther);
        provider.MapPost("/logout", LogOutAsync).NeedsNobody().Produces(StatusCodes.Status200OK);
    }

    private static async Task<IResult> BeginAsync(string name, HttpContext context, IEnumerable<OidcSignIn> providers, string? to = null)
    {
        if (Find(providers, name) is not { } provider)
            return Problems.NotFound($"provider '{name}'");
        Quiet(context);
        try
        {
            return TypedResults.Redirect(await provider.BeginAsync(context, to));
        }
        catch (SignInRefusal refusal)
        {
            return Page(refusal);
        }
    }

    private static async Task<IResult> FinishAsync(string name, HttpContext context, IEnumerable<OidcSignIn> providers)
    {
        if (Find(providers, name) is not { } provider)
            return Problems.NotFound($"provider '{name}'");
        Quiet(context);
        try
        {
            var to = await provider.FinishAsync(context);
            context.Response.Headers.Location = to;
            return TypedResults.StatusCode(StatusCodes.Status303SeeOther);
        }
        catch (SignInRefusal refusal)
        {
            return Page(refusal);
        }
    }

    // The provider's own request: what it says is proved by its signature. Wrong ones cost a validation, so an address has only so many.
    private static async Task<IResult> LogOutAsync(string name, HttpContext context, IEnumerable<OidcSignIn> providers, GuessThrottles guesses, AuditLog audit)
    {
        if (Find(providers, name) is not { } provider)
            return Problems.NotFound($"provider '{name}'");
        Quiet(context);
        if (guesses.Api.IsHeldUp(context.Connection.RemoteIpAddress))
            return Problems.Of(StatusCodes.Status429TooManyRequests, "throttled", "Too many wrong log-out tokens came from this address; wait a minute.");
        if (!context.Request.HasFormContentType || context.Request.ContentLength is not (> 0 and <= MaxForm))
            return Problems.Invalid("A log-out is a form with a logout_token.");
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        try
        {
            foreach (var (account, count) in await provider.LogOutAsync(form["logout_token"].ToString(), context.RequestAborted))
            {
                await audit.RecordAsync(new AuditEntry("sign-out")
                {
                    Via = "source:" + name,
                    Target = "account:" + account,
                    Address = context.Address(),
                    Detail = new Dictionary<string, string> { ["sessions"] = count.ToString(System.Globalization.CultureInfo.InvariantCulture) },
                });
            }

            return TypedResults.Ok();
        }
        catch (OidcException e)
        {
            guesses.Api.Failed(context.Connection.RemoteIpAddress);
            return Problems.Of(StatusCodes.Status400BadRequest, "invalid-request", $"The log-out is refused: {e.Message}.");
        }
    }

    private static OidcSignIn? Find(IEnumerable<OidcSignIn> providers, string name) => providers.FirstOrDefault(p => p.Options.Name == name);

    // Addresses with codes in them are nobody's business but ours.
    private static void Quiet(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
    }

    // Somebody looks at this, in the middle of signing in.
    private static PageResult Page(SignInRefusal refusal)
    {
        var status = refusal.Code switch
        {
            SignInRefusalCode.Unreachable or SignInRefusalCode.Busy => StatusCodes.Status503ServiceUnavailable,
            SignInRefusalCode.Untrusted => StatusCodes.Status502BadGateway,
            SignInRefusalCode.Stale => StatusCodes.Status400BadRequest,
            SignInRefusalCode.NameTaken => StatusCodes.Status409Conflict,
            _ => StatusCodes.Status403Forbidden,
        };
        var html = $$"""
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Not signed in</title>
            <style>body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem;color-scheme:light dark}</style>
            <h1>You are not signed in</h1>
            <p>{{WebUtility.HtmlEncode(refusal.Message)}}</p>
            <p><a href="/sign-in">Back to sign-in</a></p>
            </html>
            """;
        return new PageResult(status, html);
    }

    private sealed class PageResult(int status, string html) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = status;
            httpContext.Response.ContentType = "text/html; charset=utf-8";
            httpContext.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";
            return httpContext.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(html)).AsTask();
        }
    }
}
