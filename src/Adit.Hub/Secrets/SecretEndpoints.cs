using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Checks;
using Adit.Hub.Http;
using Adit.Hub.Projects;
using Adit.Hub.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Secrets;

/// <summary>
/// /api/v1/secrets: passwords and keys for tasks. Those of the hub are the admins', those of a project its maintainers'; who sees a secret sees that it is
/// there and never its value.
/// </summary>
internal static class SecretEndpoints
{
    private const string None = "\"0\""; // The validator of a secret that there is not.
    private const int PageSize = 200;
    private const int MostBody = 8 * SecretBook.MostBytes; // JSON may write a byte as six.

    /// <summary>Registers the slice. The book is loaded before anything is served.</summary>
    public static IServiceCollection AddSecrets(this IServiceCollection services) =>
        services.AddSingleton<SecretStore>().AddSingleton<SecretBook>().AddSingleton<IProjectContent>(static p => p.GetRequiredService<SecretBook>())
            .AddSingleton<SecretCensus>(static p => p.GetRequiredService<SecretBook>().Count).AddSingleton<SecretMeter>().AddSingleton<ITaskSecrets, TaskSecrets>().AddSingleton<ICheckSource, SecretChecks>();

    /// <summary>Maps the resource.</summary>
    public static void MapSecrets(this IEndpointRouteBuilder routes)
    {
        var secrets = routes.MapGroup("/api/v1/secrets").WithTags("secrets");
        secrets.MapGet("", List).Needs(Permission.SecretsRead).Produces<SecretList>();
        secrets.MapGet("/{name}", Show).Needs(Permission.SecretsRead).Produces<ApiSecret>();
        secrets.MapPut("/{name}", SetAsync).Needs(Permission.SecretsWrite).WithMetadata(new RequestBound(MostBody)).Produces<ApiSecret>();
        secrets.MapDelete("/{name}", RemoveAsync).Needs(Permission.SecretsWrite).Produces(StatusCodes.Status204NoContent);
    }

    // An empty project is none: the hub's alone.
    private static JsonHttpResult<SecretList> List(HttpContext context, SecretBook book, Authority authority, string? project = null, string? cursor = null, int? limit = null)
    {
        var caller = context.Caller();
        var size = Math.Clamp(limit ?? PageSize, 1, PageSize);
        var page = book.All
            .Where(s => (project is null || (s.Key.Project ?? "") == project) && authority.May(caller, Permission.SecretsRead, s.Key.Belonging))
            .OrderBy(static s => CursorOf(s.Key), StringComparer.Ordinal)
            .Where(s => cursor is null || string.CompareOrdinal(CursorOf(s.Key), cursor) > 0)
            .Take(size + 1).ToList();
        return TypedResults.Json(
            new SecretList { Items = [.. page.Take(size).Select(s => View(s, caller, authority))], Next = page.Count > size ? CursorOf(page[size - 1].Key) : null },
            SecretsJson.Default.SecretList);
    }

    private static IResult Show(string name, HttpContext context, SecretBook book, Authority authority, string? project = null)
    {
        var key = new SecretKey(project, name);
        if (!authority.May(context.Caller(), Permission.SecretsRead, key.Belonging) || book.Find(key) is not { } secret)
            return Unknown(name);
        context.Response.Headers.ETag = secret.ETag;
        return TypedResults.Json(View(secret, context.Caller(), authority), SecretsJson.Default.ApiSecret);
    }

    private static async Task<IResult> SetAsync(
        string name, SetSecretRequest request, HttpContext context, SecretBook book, Authority authority, ProjectDirectory projects, string? project = null)
    {
        var caller = context.Caller();
        var key = new SecretKey(project, name);
        if (Refused(key, caller, authority) is { } refused)
            return refused;
        if (!SecretKey.IsName(name))
            return Problems.Invalid($"'{Shown(name)}' is no name of a secret: 1 to 63 of a-z, 0-9 and hyphens inside.");
        if (SecretBook.Refusal(request.Value) is { } refusal)
            return Problems.Invalid(refusal);
        var expected = IfMatch.Of(context.Request);
        IResult? no = null;

        // Whether the project is there is looked at in the turn, for which the removal of what is in it waits too: nothing is left of a project that goes meanwhile.
        bool Allows(Secret? before)
        {
            no = project is not null && projects.Find(project) is null ? Problems.NotFound($"project '{Shown(project)}'")
                : before is null && book.All.Count(s => s.Key.Project == project) >= SecretBook.MostOfOne ? Full(project)
                : expected.Allows(before?.ETag ?? None) ? null
                : before is not null && expected.Allows(None) ? Exists(key)
                : Changed(key);
            return no is null;
        }

        try
        {
            var secret = await book.SetAsync(key, request.Value, caller.Account, Allows, Entry(context, "secret.set", key));
            if (secret is null)
                return no!;
            context.Response.Headers.ETag = secret.ETag;
            return TypedResults.Json(View(secret, caller, authority), SecretsJson.Default.ApiSecret);
        }
        catch (StorageException e)
        {
            return Problems.Of(StatusCodes.Status507InsufficientStorage, "storage", e.Message);
        }
    }

    private static async Task<IResult> RemoveAsync(string name, HttpContext context, SecretBook book, Authority authority, string? project = null)
    {
        var caller = context.Caller();
        var key = new SecretKey(project, name);
        if (Refused(key, caller, authority) is { } refused)
            return refused;
        if (book.Find(key) is null)
            return Unknown(name);
        var expected = IfMatch.Of(context.Request);
        try
        {
            return await book.RemoveAsync(key, secret => expected.Allows(secret.ETag), Entry(context, "secret.remove", key)) ? TypedResults.NoContent() : Changed(key);
        }
        catch (StorageException e)
        {
            return Problems.Of(StatusCodes.Status507InsufficientStorage, "storage", e.Message);
        }
    }

    // Who may not know of a project is told nothing of it.
    private static IResult? Refused(SecretKey key, Caller caller, Authority authority)
    {
        if (authority.May(caller, Permission.SecretsWrite, key.Belonging))
            return null;
        if (key.Project is not { } project)
            return Problems.Forbidden("Only admins set and remove secrets of the hub; name a project that you maintain, or ask an admin.");
        return authority.Knows(caller, project)
            ? Problems.Forbidden($"Only maintainers of the project '{project}' set and remove its secrets, with a token that may; ask one of them.")
            : Problems.NotFound($"project '{Shown(project)}'");
    }

    private static ApiSecret View(Secret secret, Caller caller, Authority authority) => new()
    {
        Name = secret.Key.Name,
        Project = secret.Key.Project,
        Version = secret.Version,
        Created = secret.Created,
        Changed = secret.Changed,
        ChangedBy = secret.ChangedBy,
        IsReadable = secret.IsReadable,
        May = authority.May(caller, Permission.SecretsWrite, secret.Key.Belonging) ? ["change"] : [],
    };

    private static IResult Full(string? project) => Problems.Conflict(
        "limit-reached", $"There are {SecretBook.MostOfOne} secrets {(project is null ? "of the hub" : $"of the project '{project}'")} already; remove some first.");

    private static IResult Exists(SecretKey key) => Problems.Of(
        StatusCodes.Status412PreconditionFailed, "exists", $"There is a {key} already; take another name, or give that one another value.");

    private static IResult Unknown(string name) => Problems.NotFound($"secret '{Shown(name)}'");

    private static IResult Changed(SecretKey key) => Problems.Of(
        StatusCodes.Status412PreconditionFailed, "changed", $"The {key} was changed since you read it; read it again and repeat the change.");

    private static AuditEntry Entry(HttpContext context, string action, SecretKey key) =>
        AuditEntry.By(context.Caller(), action, "secret:" + (key.Project is null ? "" : key.Project + "/") + key.Name, context.Address());

    // The hub's come first: no project's name is empty.
    private static string CursorOf(SecretKey key) => $"{key.Project}:{key.Name}";

    private static string Shown(string text) => text.Length > 80 ? text[..80] + "…" : text;

    private sealed class RequestBound(long most) : Microsoft.AspNetCore.Http.Metadata.IRequestSizeLimitMetadata
    {
        public long? MaxRequestBodySize => most;
    }
}
