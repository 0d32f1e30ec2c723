using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Tunnels;

/// <summary>POST /api/v1/tunnels/{name}/sign-in-link: an address that opens a private tunnel in a browser, once.</summary>
internal static class TunnelSignIn
{
    /// <summary>Serves it.</summary>
    public static IResult Serve(
        string name, HttpContext context, TunnelRights rights, TunnelView view, SignInCodes codes, TimeProvider time)
    {
        if (rights.Find(name, context.Caller()) is not { Record: { Kind: TunnelKind.Http } record } tunnel
            || view.Of(tunnel, context) is not { Url: { } url } shown)
            return Problems.NotFound($"http tunnel '{name}'");
        var caller = context.Caller();
        if (caller.Account != record.Account)
            return Problems.Forbidden($"Only a token of {record.Account} signs in to '{name}'; visit with one of these.");
        if (codes.Issue(shown.Hosts[0], new DoorKey(caller.Account, caller.TokenId)) is not { } code)
            return Problems.Of(
                StatusCodes.Status503ServiceUnavailable, "busy", "Too many sign-in links wait to be used; try again in a minute.");
        context.Response.Headers.CacheControl = "no-store";
        var link = new SignInLink { Url = $"{url.TrimEnd('/')}/_adit/sign-in#code={code}", Expires = time.GetUtcNow() + SignInCodes.Life };
        return TypedResults.Json(link, TokensJson.Default.SignInLink, statusCode: StatusCodes.Status201Created);
    }
}
