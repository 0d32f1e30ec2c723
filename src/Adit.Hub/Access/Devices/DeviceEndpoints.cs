using System.Globalization;
using Adit.Api;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Adit.Hub.Access.Devices;

/// <summary>
/// /api/v1/device: the device authorization grant (RFC 8628). A program without a browser shows a code; somebody who is signed in confirms
/// it on the hub's page, and the program gets a token of theirs.
/// </summary>
internal static class DeviceEndpoints
{
    private const string Page = "/device";
    private static readonly TimeSpan TokenLife = TimeSpan.FromDays(90);
    private static readonly TimeSpan LongestLife = TimeSpan.FromDays(3660);

    /// <summary>Maps both sides.</summary>
    public static void MapDevices(this IEndpointRouteBuilder routes)
    {
        var device = routes.MapGroup("/api/v1/device").WithTags("device");
        device.MapPost("", Begin).NeedsNobody().Produces<DeviceCodes>(); // The program is nobody yet: that is what it asks for.
        device.MapPost("/token", AskAsync).NeedsNobody().Produces<ApiToken>(); // Its code is its authorization.
        device.MapGet("/{userCode}", Show).Needs(Permission.TokensRead).Produces<DeviceRequest>();
        device.MapPost("/{userCode}", DecideAsync).Needs(Permission.TokensWrite).Produces(StatusCodes.Status204NoContent);
    }

    private static IResult Begin(BeginDeviceRequest request, HttpContext context, DeviceBook book, HubOptions options)
    {
        if (request.ClientName is not { Length: >= 1 and <= 100 } || request.ClientName.Any(char.IsControl))
            return Problems.Invalid("A client's name is 1 to 100 characters, none of them control characters.");
        if (book.Begin(request.ClientName, context.Connection.RemoteIpAddress) is not var (device, user))
        {
            context.Response.Headers.RetryAfter = "60";
            return Problems.Of(
                StatusCodes.Status429TooManyRequests, "limit-reached", "Too many programs wait to be confirmed already; end some of them, or try again in ten minutes.");
        }

        context.Response.Headers.CacheControl = "no-store";
        var page = PublicAddress.Of(context, options) + Page;
        return TypedResults.Json(
            new DeviceCodes
            {
                DeviceCode = device,
                UserCode = user,
                VerificationUri = page,
                VerificationUriComplete = $"{page}?code={user}",
                ExpiresIn = (int)DeviceBook.Life.TotalSeconds,
                Interval = (int)DeviceBook.Interval.TotalSeconds,
            },
            DevicesJson.Default.DeviceCodes);
    }

    private static async Task<IResult> AskAsync(
        DeviceTokenRequest request, HttpContext context, DeviceBook book, TokenRegistry tokens, Callers callers, GuessThrottles guesses)
    {
        var peer = context.Connection.RemoteIpAddress;
        if (guesses.Api.IsHeldUp(peer))
            return Throttled(context);
        if (request.DeviceCode is not { Length: > 0 and <= 200 })
            return Problems.Invalid("The device code is the one that POST /api/v1/device answered.");
        var (answer, wait) = book.Ask(request.DeviceCode);
        switch (answer)
        {
            case DeviceAnswer.Pending:
                return Problems.Of(StatusCodes.Status428PreconditionRequired, "authorization-pending", "Nobody has confirmed it yet; ask again after the interval.");
            case DeviceAnswer.TooSoon:
                context.Response.Headers.RetryAfter = wait!.Interval.TotalSeconds.ToString(CultureInfo.InvariantCulture);
                return Problems.Of(StatusCodes.Status429TooManyRequests, "slow-down", "That was too soon; wait five seconds longer between two questions from now on.");
            case DeviceAnswer.Denied:
                return Problems.Of(StatusCodes.Status403Forbidden, "access-denied", "It was refused on the hub's page.");
            // Whoever confirmed it may have lost the right to since.
            case DeviceAnswer.Approved when wait!.Decision is { } decision && callers.Find(decision.By.TokenId) is { } by:
                return await GiveAsync(wait, decision, by, context, tokens);
            default:
                guesses.Api.Failed(peer);
                return Problems.Of(StatusCodes.Status410Gone, "expired", "The code is unknown, used, or older than ten minutes; begin again.");
        }
    }

    private static async Task<IResult> GiveAsync(DeviceWait wait, DeviceDecision decision, Caller by, HttpContext context, TokenRegistry tokens)
    {
        if (tokens.CountOf(by.Account) >= TokenRegistry.MostPerAccount)
            return TooMany(by.Account);
        var entry = AuditEntry.By(by, "token.create", null, decision.Address);
        var request = new CreateTokenRequest { Name = wait.ClientName, ExpiresInSeconds = (long)decision.Life.TotalSeconds };
        var token = await tokens.CreateAsync(request, by.Account, decision.IsAdmin && by.IsAdmin, by.IsSession ? null : by.Expires, decision.Scopes, entry);
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Json(token, TokensJson.Default.ApiToken);
    }

    private static IResult Show(string userCode, HttpContext context, DeviceBook book, GuessThrottles guesses)
    {
        var peer = context.Connection.RemoteIpAddress;
        if (guesses.Api.IsHeldUp(peer))
            return Throttled(context);
        if (book.FindWaiting(userCode) is not { } wait)
        {
            guesses.Api.Failed(peer);
            return NotWaiting();
        }

        var plain = DeviceBook.Plain(userCode);
        return TypedResults.Json(
            new DeviceRequest
            {
                ClientName = wait.ClientName,
                UserCode = $"{plain[..4]}-{plain[4..]}",
                Address = wait.Address,
                Created = wait.Created,
                Expires = wait.Created + DeviceBook.Life,
            },
            DevicesJson.Default.DeviceRequest);
    }

    private static async Task<IResult> DecideAsync(
        string userCode, DecideDeviceRequest request, HttpContext context, DeviceBook book, TokenRights rights, TokenRegistry tokens, GuessThrottles guesses, AuditLog audit)
    {
        var caller = context.Caller();
        var peer = context.Connection.RemoteIpAddress;
        if (guesses.Api.IsHeldUp(peer))
            return Throttled(context);
        if (request.ExpiresInSeconds is <= 0 || request.ExpiresInSeconds > LongestLife.TotalSeconds)
            return Problems.Invalid("An expiry is positive and at most ten years.");
        ScopeSet scopes;
        try
        {
            scopes = request.Scopes is null ? caller.Scopes : ScopeSet.Parse(request.Scopes);
        }
        catch (FormatException e)
        {
            return Problems.Invalid(e.Message);
        }

        if (!caller.Scopes.Includes(scopes))
            return Problems.Forbidden("A token makes no others that may do more than itself; leave out the scopes that it does not have.");
        if (rights.RefusalToMake(caller, caller.Account, request.IsAdmin) is { } refusal)
            return Problems.Forbidden(refusal);
        if (request.Approve && tokens.CountOf(caller.Account) >= TokenRegistry.MostPerAccount)
            return TooMany(caller.Account);
        if (book.FindWaiting(userCode) is not { } wait)
        {
            guesses.Api.Failed(peer);
            return NotWaiting();
        }

        var life = request.ExpiresInSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : TokenLife;
        if (!book.Decide(wait, new DeviceDecision(request.Approve, caller, scopes, request.IsAdmin, life, context.Address())))
            return NotWaiting();
        await audit.RecordAsync(AuditEntry.By(caller, request.Approve ? "device.approve" : "device.deny", "account:" + caller.Account, context.Address()) with
        {
            Detail = new Dictionary<string, string> { ["client"] = wait.ClientName, ["from"] = wait.Address ?? "-" },
        });
        return TypedResults.NoContent();
    }

    private static IResult TooMany(string account) => Problems.Of(
        StatusCodes.Status429TooManyRequests, "limit-reached", $"The account '{account}' has {TokenRegistry.MostPerAccount} tokens; revoke some first.");

    private static IResult NotWaiting() => Problems.Of(
        StatusCodes.Status404NotFound, "not-found", "No program waits with this code; compare it with what the program shows. Codes are good for ten minutes.");

    private static IResult Throttled(HttpContext context)
    {
        context.Response.Headers.RetryAfter = "60";
        return Problems.Of(StatusCodes.Status429TooManyRequests, "throttled", "Too many wrong codes came from your address; wait a minute and try again with the right one.");
    }
}
