using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Adit.Hub.Templates.Documents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Templates;

/// <summary>/api/v1/templates.</summary>
internal static class TemplateEndpoints
{
    private const int PageSize = 200;

    /// <summary>Registers the slice. The registry is loaded before anything is served.</summary>
    public static IServiceCollection AddTemplates(this IServiceCollection services) =>
        services.AddSingleton<TemplateRegistry>().AddSingleton<ITemplates>(static provider => provider.GetRequiredService<TemplateRegistry>())
            .AddSingleton<TemplateCensus>(static provider => provider.GetRequiredService<TemplateRegistry>().Count);

    /// <summary>Maps the resource.</summary>
    public static void MapTemplates(this IEndpointRouteBuilder routes)
    {
        var templates = routes.MapGroup("/api/v1/templates").WithTags("templates");
        templates.MapGet("", List).Needs(Permission.TemplatesRead).Produces<TemplateList>();
        // Editors fetch it without a token, and it says nothing about this hub.
        templates.MapGet("/schema", () => TypedResults.Text(TemplateSchema.Current.Text, "application/schema+json")).NeedsNobody();
        templates.MapPost("/test", TemplateDryRun.TestDocument).Needs(Permission.TemplatesWrite).Produces<TemplateTest>();
        templates.MapGet("/{slug}", Find).Needs(Permission.TemplatesRead).Produces<ApiTemplate>();
        templates.MapPost("/{slug}/test", TemplateDryRun.Test).Needs(Permission.TemplatesRead).Produces<TemplateTest>();
        templates.MapPut("/{slug}/draft", DraftAsync).Needs(Permission.TemplatesWrite).Produces<ApiTemplate>();
        templates.MapDelete("/{slug}/draft", (string slug, HttpContext context, TemplateRegistry registry, Authority authority) => RemoveAsync(slug, draftOnly: true, context, registry, authority))
            .Needs(Permission.TemplatesWrite).Produces(StatusCodes.Status204NoContent);
        templates.MapPost("/{slug}/publish", PublishAsync).Needs(Permission.TemplatesWrite).Produces<ApiTemplate>();
        templates.MapDelete("/{slug}", (string slug, HttpContext context, TemplateRegistry registry, Authority authority) => RemoveAsync(slug, draftOnly: false, context, registry, authority))
            .Needs(Permission.TemplatesWrite).Produces(StatusCodes.Status204NoContent);
        templates.MapGet("/{slug}/versions", Versions).Needs(Permission.TemplatesRead).Produces<TemplateVersionList>();
        templates.MapGet("/{slug}/versions/{version}", Version).Needs(Permission.TemplatesRead).Produces<ApiTemplateVersion>();
    }

    private static JsonHttpResult<TemplateList> List(HttpContext context, TemplateRegistry registry, string? cursor = null, int? limit = null)
    {
        var caller = context.Caller();
        var size = Math.Clamp(limit ?? PageSize, 1, PageSize);
        var page = registry.Slugs
            .Where(slug => string.CompareOrdinal(slug, cursor) > 0 && (Authority.SeesAll(caller) || registry.Current(slug)?.Template is { IsHidden: false } t && t.IsFor(caller)))
            .Take(size + 1)
            .Select(slug => TemplateView.Of(slug, registry.Find(slug), registry.Current(slug), registry.Rates, caller, isWhole: false))
            .ToList();
        return TypedResults.Json(
            new TemplateList { Items = [.. page.Take(size)], Next = page.Count > size ? page[size - 1].Slug : null }, TemplatesJson.Default.TemplateList);
    }

    private static IResult Find(string slug, HttpContext context, TemplateRegistry registry) => (IResult?)Show(slug, context, registry) ?? Unknown(slug);

    private static JsonHttpResult<ApiTemplate>? Show(string slug, HttpContext context, TemplateRegistry registry)
    {
        var caller = context.Caller();
        var (record, version) = (registry.Find(slug), registry.Current(slug));
        if ((record is null && version is null) || !TemplateRegistry.MaySee(caller, version))
            return null;
        context.Response.Headers.ETag = record?.ETag ?? "\"0\"";
        return TypedResults.Json(TemplateView.Of(slug, record, version, registry.Rates, caller, isWhole: true), TemplatesJson.Default.ApiTemplate);
    }

    private static Task<IResult> DraftAsync(
        string slug, PutTemplateDraftRequest request, HttpContext context, TemplateRegistry registry, Authority authority) => TemplateAnswers.OfAsync(async () =>
    {
        CheckWriter(context, authority);
        if (request.Yaml is not { } yaml || yaml.Length > TemplateYaml.MostBytes)
            return Problems.Invalid("A template's document has at most 64 KiB.");
        if (slug.Length is 0 or > 30 || !slug.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') || slug[0] == '-' || slug[^1] == '-' || slug is "schema" or "test")
            return Problems.Invalid($"'{TemplateProblems.Shown(slug)}' is no slug: 1 to 30 of a-z, 0-9 and hyphens inside.");
        await registry.DraftAsync(slug, yaml, context.Caller().Account, before => CheckVersion(before, slug, context), Entry(context, "template.draft", slug));
        return Show(slug, context, registry)!;
    });

    private static Task<IResult> PublishAsync(
        string slug, PublishTemplateRequest? request, HttpContext context, TemplateRegistry registry, Authority authority) => TemplateAnswers.OfAsync(async () =>
    {
        CheckWriter(context, authority);
        await registry.PublishAsync(
            slug,
            request?.Version,
            request?.Note,
            context.Caller().Account,
            (before, template) =>
            {
                CheckVersion(before, slug, context);
                // Whoever writes the command can have the values sent anywhere.
                if (template.UsesSecrets && !authority.May(context.Caller(), Permission.SecretsWrite, default))
                    throw new TemplateRefusal(TemplateRefusalCode.Forbidden, $"The template '{slug}' uses secrets, and this token lacks the scope {Permission.SecretsWrite}; publish it with one that has it.");
            },
            version => Entry(context, "template.publish", slug) with { Detail = new Dictionary<string, string> { ["version"] = $"{version}", ["of"] = request?.Version is { } of ? $"{of}" : "draft" } });
        return Show(slug, context, registry)!;
    });

    private static Task<IResult> RemoveAsync(string slug, bool draftOnly, HttpContext context, TemplateRegistry registry, Authority authority) => TemplateAnswers.OfAsync(async () =>
    {
        CheckWriter(context, authority);
        await registry.RemoveAsync(slug, draftOnly, before => CheckVersion(before, slug, context), Entry(context, draftOnly ? "template.draft.remove" : "template.remove", slug));
        return TypedResults.NoContent();
    });

    private static IResult Versions(string slug, HttpContext context, TemplateRegistry registry)
    {
        if (registry.Find(slug) is not { } record)
            return ShippedTemplates.All.ContainsKey(slug) && TemplateRegistry.MaySee(context.Caller(), registry.Current(slug)) ? Page([]) : Unknown(slug);
        return TemplateRegistry.MaySee(context.Caller(), registry.Current(slug))
            ? Page([.. record.Versions.Reverse().Select(v => TemplateView.Of(v, record, isWhole: false))])
            : Unknown(slug);
    }

    private static IResult Version(string slug, string version, HttpContext context, TemplateRegistry registry)
    {
        var caller = context.Caller();
        if (!TemplateRegistry.MaySee(caller, registry.Current(slug)) || registry.Version(slug, version) is not { } found)
            return Problems.NotFound($"version '{TemplateProblems.Shown(version)}' of a template '{TemplateProblems.Shown(slug)}'");
        var record = registry.Find(slug) ?? new TemplateRecord { Slug = slug, Current = found };
        return TypedResults.Json(TemplateView.Of(found, record, isWhole: Authority.SeesAll(caller)), TemplatesJson.Default.ApiTemplateVersion);
    }

    private static JsonHttpResult<TemplateVersionList> Page(IReadOnlyList<ApiTemplateVersion> versions) =>
        TypedResults.Json(new TemplateVersionList { Items = versions }, TemplatesJson.Default.TemplateVersionList);

    private static void CheckWriter(HttpContext context, Authority authority)
    {
        if (!authority.May(context.Caller(), Permission.TemplatesWrite, default))
            throw new TemplateRefusal(TemplateRefusalCode.Forbidden, "Only admins write templates; ask one.");
    }

    private static void CheckVersion(TemplateRecord? before, string slug, HttpContext context)
    {
        if (context.Request.Headers.IfNoneMatch.Contains("*") && before is not null)
            throw new TemplateRefusal(TemplateRefusalCode.Changed, $"There is a template '{slug}' already.");
        if (!IfMatch.Of(context.Request).Allows(before?.ETag ?? "\"0\""))
            throw new TemplateRefusal(TemplateRefusalCode.Changed, $"The template '{slug}' was changed since you read it; read it again and repeat the change.");
    }

    private static IResult Unknown(string slug) => Problems.NotFound($"template '{TemplateProblems.Shown(slug)}'");

    private static AuditEntry Entry(HttpContext context, string action, string slug) => AuditEntry.By(context.Caller(), action, "template:" + slug, context.Address());
}
