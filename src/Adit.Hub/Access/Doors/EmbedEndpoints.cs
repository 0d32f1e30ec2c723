using Adit.Api;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Http;
using Adit.Hub.Tunnels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Adit.Hub.Access.Doors;

/// <summary>/api/v1/tunnels/{name}/embeds: grants by which pages of other sites show a tunnel in a frame.</summary>
internal static class EmbedEndpoints
{
    private const int MostAncestors = 20;

    /// <summary>Maps it.</summary>
    public static void MapEmbeds(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/tunnels/{name}/embeds").WithTags("access");
        group.MapGet("", List).Needs(Permission.TunnelsRead).Produces<EmbedGrantList>();
        group.MapPost("", CreateAsync).Needs(Permission.TunnelsWrite).Produces<EmbedGrantView>(StatusCodes.Status201Created);
        group.MapDelete("/{id}", RemoveAsync).Needs(Permission.TunnelsWrite).Produces(StatusCodes.Status204NoContent);
    }

    private static IResult List(string name, HttpContext context, TunnelRegistry registry, TunnelView view, EmbedGrants grants, Authority authority)
    {
        if (Find(name, Permission.TunnelsRead, context, registry, authority) is not { } tunnel || view.Of(tunnel, context) is not { Url: { } url })
            return Problems.NotFound($"http tunnel '{name}'");

        // The address of a signed grant lets nobody in by itself.
        IReadOnlyList<EmbedGrantView> items = [.. grants.List(name).Select(g => g.IsSigned ? g with { Url = AddressOf(url, g.Id) } : g)];
        return TypedResults.Json(new EmbedGrantList { Items = items }, AccessJson.Default.EmbedGrantList);
    }

    private static async Task<IResult> CreateAsync(
        string name, CreateEmbedRequest request, HttpContext context, TunnelRegistry registry, TunnelView view, EmbedGrants grants, AccessCap cap,
        Authority authority, AuditLog audit)
    {
        if (Find(name, Permission.TunnelsWrite, context, registry, authority) is not { } tunnel || view.Of(tunnel, context) is not { Url: { } url })
            return Problems.NotFound($"http tunnel '{name}' that you may change");
        var caller = context.Caller();
        if (!cap.AllowsEmbed(caller.Account))
            return Problems.Forbidden("This hub lets only admins show tunnels in pages of other sites; ask one to allow it (settings, access).");
        if (request.Ancestors is not { Count: > 0 and <= MostAncestors } || request.Ancestors.Any(static a => !IsOrigin(a)))
            return Problems.Invalid($"'ancestors' has 1 to {MostAncestors} origins, such as https://blog.example, https://*.example.com or http://localhost:3000.");
        if (request.ExpiresInSeconds is <= 0 or > 10L * 366 * 86400 || request.Note is { Length: > 200 } || request.Note?.Any(char.IsControl) == true)
            return Problems.Invalid("A grant lasts at most ten years, and its note has at most 200 characters.");
        if (request.MaxVisitors is < 1 or > EmbedUse.MostKnown || request.MaxRequestsPerDay < 1)
            return Problems.Invalid($"'maxVisitors' is 1 to {EmbedUse.MostKnown}, 'maxRequestsPerDay' at least 1; leave them out for any number.");
        if (grants.List(name).Count >= EmbedGrants.MostPerTunnel)
            return Problems.Conflict("limit-reached", $"The tunnel '{name}' has {EmbedGrants.MostPerTunnel} grants; remove one.");
        var (grant, secret) = await grants.AddAsync(name, request, caller.Account);
        if (registry.Find(name) != tunnel)
        {
            // It was removed meanwhile: whoever has the name next must not inherit what was granted for it.
            await grants.RemoveAsync(name, grant.Id);
            return Problems.NotFound($"http tunnel '{name}' that you may change");
        }

        await audit.RecordAsync(AuditEntry.By(caller, "embed.create", "tunnel:" + name, DoorsEndpoints.AddressOf(context)) with
        {
            Detail = new Dictionary<string, string>
            {
                ["grant"] = grant.Id, ["ancestors"] = string.Join(' ', grant.Ancestors), ["signed"] = grant.IsSigned ? "true" : "false",
            },
        });
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Json(
            grant with { Url = AddressOf(url, grant.IsSigned ? grant.Id : secret) }, AccessJson.Default.EmbedGrantView, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> RemoveAsync(
        string name, string id, HttpContext context, TunnelRegistry registry, EmbedGrants grants, Authority authority, AuditLog audit)
    {
        if (Find(name, Permission.TunnelsWrite, context, registry, authority) is null || !await grants.RemoveAsync(name, id))
            return Problems.NotFound($"grant {id} of a tunnel '{name}'");
        await audit.RecordAsync(AuditEntry.By(context.Caller(), "embed.remove", "tunnel:" + name, DoorsEndpoints.AddressOf(context)) with
        {
            Detail = new Dictionary<string, string> { ["grant"] = id },
        });
        return TypedResults.NoContent();
    }

    private static string AddressOf(string url, string name) => $"{url.TrimEnd('/')}/_adit/embed/{name}";

    private static LiveTunnel? Find(string name, Permission permission, HttpContext context, TunnelRegistry registry, Authority authority) =>
        registry.Find(name) is { Record: { Kind: TunnelKind.Http } record } tunnel
        && authority.May(context.Caller(), permission, new Owned(record.Account, record.Project)) ? tunnel : null;

    // A host source of CSP 3 with its scheme, and nothing that could end the directive.
    private static bool IsOrigin(string? text)
    {
        if (text is not { Length: > 8 and <= 300 })
            return false;
        var plain = text.Replace("://*.", "://wildcard.", StringComparison.Ordinal);
        return plain.All(static c => char.IsAsciiLetterOrDigit(c) || c is ':' or '/' or '.' or '-') && Uri.TryCreate(plain, UriKind.Absolute, out var uri)
            && uri.Scheme is "http" or "https" && uri.PathAndQuery == "/" && uri.UserInfo.Length == 0 && !plain.EndsWith('/');
    }
}
