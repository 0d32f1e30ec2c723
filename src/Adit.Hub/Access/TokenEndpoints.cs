using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Adit.Hub.Access;

/// <summary>/api/v1/tokens, and what scopes there are.</summary>
internal static class TokenEndpoints
{
    private const long LongestExpiry = 10L * 366 * 86_400;

    /// <summary>Maps both.</summary>
    public static void MapTokens(this IEndpointRouteBuilder routes)
    {
        var tokens = routes.MapGroup("/api/v1/tokens").WithTags("tokens");
        tokens.MapGet("", List).Needs(Permission.TokensRead).Produces<TokenList>();
        tokens.MapPost("", CreateAsync).Needs(Permission.TokensWrite).Produces<ApiToken>(StatusCodes.Status201Created);
        tokens.MapDelete("/{id}", RevokeAsync).NeedsCaller() // Whatever a token may do, it may end itself.
            .Produces<RevokedToken>().Produces(StatusCodes.Status204NoContent);
        routes.MapGet("/api/v1/permissions", Permissions).NeedsCaller().WithTags("tokens").Produces<PermissionList>();
    }

    private static JsonHttpResult<TokenList> List(
        HttpContext context, TokenRegistry registry, TokenRights rights, ITokenUse use, string? account = null, string? cursor = null, int? limit = null)
    {
        var caller = context.Caller();
        var size = Math.Clamp(limit ?? TokenList.PageSize, 1, TokenList.PageSize);
        var page = registry.List(a => (account is null || a == account) && rights.MaySee(caller, a))
            .SkipWhile(t => cursor is not null && t.Id != cursor)
            .Skip(cursor is null ? 0 : 1)
            .Take(size + 1)
            .ToList();
        return TypedResults.Json(
            new TokenList { Items = [.. page.Take(size).Select(Show)], Next = page.Count > size ? page[size - 1].Id : null }, TokensJson.Default.TokenList);

        ApiToken Show(ApiToken token) => token with { Runners = use.RunnersOf(token.Id), May = token.Id == caller.TokenId || rights.MayChange(caller, token.Account) ? ["revoke"] : [] };
    }

    private static async Task<IResult> CreateAsync(
        CreateTokenRequest request, HttpContext context, TokenRegistry registry, TokenRights rights, AccountDirectory accounts)
    {
        var caller = context.Caller();
        if (Refusal(request) is { } wrong)
            return Problems.Invalid(wrong);
        var account = request.Account ?? caller.Account;
        if (rights.RefusalToMake(caller, account, request.IsAdmin) is { } forbidden)
            return Problems.Forbidden(forbidden);
        if (accounts.Find(account) is { IsActive: false })
            return Problems.Conflict("account-inactive", $"The account '{account}' is disabled or deleted and has no use for tokens.");
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
        if (registry.CountOf(account) >= TokenRegistry.MostPerAccount)
            return Problems.Of(
                StatusCodes.Status429TooManyRequests, "limit-reached", $"The account '{account}' has {TokenRegistry.MostPerAccount} tokens; revoke some first.");
        var entry = AuditEntry.By(caller, "token.create", null, context.Address());
        var token = await registry.CreateAsync(request, account, request.IsAdmin, caller.IsSession ? null : caller.Expires, scopes, entry);
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Json(token, TokensJson.Default.ApiToken, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> RevokeAsync(string id, HttpContext context, TokenRegistry registry, TokenRights rights, ITokenUse use)
    {
        var caller = context.Caller();
        var isItself = id == caller.TokenId;
        if (registry.AccountOf(id) is not { } account || (!isItself && !rights.MaySee(caller, account)))
            return Problems.NotFound($"token {id}");
        if (!isItself && !rights.MayChange(caller, account))
            return Problems.Forbidden($"You may see the token {id} and not revoke it; ask an admin.");
        var left = use.LeftBy(id); // Before its links end.
        await registry.RevokeAsync(id, caller.TokenName, AuditEntry.By(caller, "token.revoke", null, context.Address()), left);
        return left.Runners.Count > 0 ? TypedResults.Json(left, TokensJson.Default.RevokedToken) : TypedResults.NoContent();
    }

    private static JsonHttpResult<PermissionList> Permissions() => TypedResults.Json(
        new PermissionList { Items = [.. Permission.All.Values.Select(static p => new PermissionEntry { Scope = p.ToString(), Description = p.Description, TakesProject = p.TakesProject })] },
        TokensJson.Default.PermissionList);

    private static string? Refusal(CreateTokenRequest request)
    {
        if (request.Name is not { Length: >= 1 and <= 100 } || request.Name.Any(char.IsControl))
            return "A token's name is 1 to 100 characters, none of them control characters.";
        if (request.Account is { } account && AccountRules.NameRefusal(account) is { } refusal)
            return refusal;
        return request is { ExpiresInSeconds: <= 0 or > LongestExpiry } or { MaxTunnels: < 0 } or { MaxStreams: < 1 } or { BytesPerSecond: < 1024 } or { MaxRunners: < 1 }
            ? "Limits are positive, a bandwidth at least 1024 bytes per second, an expiry at most ten years."
            : null;
    }
}
