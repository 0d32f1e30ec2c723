using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Adit.Hub.S3;

/// <summary>/api/v1/s3/keys: what S3 clients sign with.</summary>
internal static class S3KeyEndpoints
{
    private const int PageSize = 200;
    private const long LongestExpiry = 10L * 366 * 86_400;

    /// <summary>Maps the resource.</summary>
    public static void MapS3Keys(this IEndpointRouteBuilder routes)
    {
        var keys = routes.MapGroup("/api/v1/s3/keys").WithTags("s3");
        keys.MapGet("", List).Needs(Permission.TokensRead).Produces<S3KeyList>();
        keys.MapPost("", CreateAsync).Needs(Permission.TokensWrite).Produces<ApiS3Key>(StatusCodes.Status201Created);
        keys.MapDelete("/{id}", RemoveAsync).Needs(Permission.TokensWrite).Produces(StatusCodes.Status204NoContent);
    }

    private static JsonHttpResult<S3KeyList> List(HttpContext context, S3KeyBook book, TokenRights rights, HubOptions options, string? account = null, string? cursor = null, int? limit = null)
    {
        var caller = context.Caller();
        var size = Math.Clamp(limit ?? PageSize, 1, PageSize);
        var page = book.All.Where(k => (account is null || k.Account == account) && rights.MaySee(caller, k.Account)).OrderBy(static k => k.Created).ThenBy(static k => k.Id, StringComparer.Ordinal)
            .SkipWhile(k => cursor is not null && k.Id != cursor).Skip(cursor is null ? 0 : 1).Take(size + 1).ToList();
        return TypedResults.Json(
            new S3KeyList { Items = [.. page.Take(size).Select(k => View(k, null, context, book, options))], Next = page.Count > size ? page[size - 1].Id : null }, S3Json.Default.S3KeyList);
    }

    private static async Task<IResult> CreateAsync(
        CreateS3KeyRequest request, HttpContext context, S3KeyBook book, TokenRights rights, Authority authority, HubOptions options, TimeProvider time)
    {
        var caller = context.Caller();
        if (request.Name is { } name && (name.Length is 0 or > 100 || name.Any(char.IsControl)))
            return Problems.Invalid("A key's name is 1 to 100 characters, none of them control characters.");
        if (request.ExpiresInSeconds is <= 0 or > LongestExpiry)
            return Problems.Invalid("An expiry is positive and at most ten years.");
        if (request.Project is { } project && !authority.Knows(caller, project))
            return Problems.NotFound($"project '{(project.Length > 80 ? project[..80] + "…" : project)}'");
        if (rights.RefusalToMake(caller, caller.Account, isAdmin: false) is not null)
            return Problems.Forbidden("This token makes no keys: it lacks the right to make tokens, or has limits; ask an admin.");
        var permission = request.IsReadOnly ? Permission.VolumesRead : Permission.VolumesWrite;
        if (!caller.Scopes.Covers(permission, request.Project))
            return Problems.Forbidden($"A token makes no key that may do more than itself, and this one lacks {permission}{(request.Project is null ? " for all projects; name one" : "")}.");
        if (book.All.Count(k => k.Account == caller.Account) >= S3KeyBook.MostPerAccount)
            return Problems.Of(StatusCodes.Status429TooManyRequests, "limit-reached", $"The account '{caller.Account}' has {S3KeyBook.MostPerAccount} keys; remove some first.");
        // A key outlives no token that makes it, but a session, which is a person.
        var (end, notAfter) = (request.ExpiresInSeconds is { } seconds ? time.GetUtcNow().AddSeconds(seconds) : (DateTimeOffset?)null, caller.IsSession ? null : caller.Expires);
        var expires = end is null || notAfter < end ? notAfter ?? end : end;
        var detail = new Dictionary<string, string> { ["scopes"] = $"{permission}{(request.Project is null ? "" : "!project=" + request.Project)}" };
        var (key, secret) = await book.AddAsync(
            request.Name, caller.Account, request.Project, request.IsReadOnly, expires, AuditEntry.By(caller, "s3-key.create", null, context.Address()) with { Detail = detail });
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Json(View(key, secret, context, book, options), S3Json.Default.ApiS3Key, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> RemoveAsync(string id, HttpContext context, S3KeyBook book, TokenRights rights)
    {
        var caller = context.Caller();
        if (book.Find(id) is not { } key || !rights.MaySee(caller, key.Account))
            return Problems.NotFound($"key '{(id.Length > 80 ? id[..80] + "…" : id)}'");
        if (!rights.MayChange(caller, key.Account))
            return Problems.Forbidden($"You may see the key {id} and not remove it; ask an admin.");
        await book.RemoveAsync(key, AuditEntry.By(caller, "s3-key.remove", "s3-key:" + id, context.Address()));
        return TypedResults.NoContent();
    }

    private static ApiS3Key View(S3Key key, string? secret, HttpContext context, S3KeyBook book, HubOptions options) => new()
    {
        AccessKeyId = key.Id, SecretAccessKey = secret, Endpoint = PublicAddress.OfRoute(S3Host.Of(options), context, options), Name = key.Name, Account = key.Account, Project = key.Project,
        IsReadOnly = key.IsReadOnly, Created = key.Created, Expires = key.Expires, LastUsed = book.LastUsed(key.Id),
    };
}
