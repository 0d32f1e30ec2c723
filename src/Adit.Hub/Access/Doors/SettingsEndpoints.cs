using Adit.Api;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Adit.Hub.Access.Doors;

/// <summary>/api/v1/settings/access: how far users may open what is theirs.</summary>
internal static class SettingsEndpoints
{
    /// <summary>Maps it.</summary>
    public static void MapAccessSettings(this IEndpointRouteBuilder routes)
    {
        // Everybody may know it: whoever shares something wants to see how far that goes.
        routes.MapGet("/api/v1/settings/access", Show).Needs(Permission.SettingsRead).Produces<AccessSettings>().WithTags("access");
        routes.MapPut("/api/v1/settings/access", SetAsync).Needs(Permission.SettingsWrite).Produces<AccessSettings>().WithTags("access");
    }

    private static JsonHttpResult<AccessSettings> Show(HttpContext context, AccessCap cap)
    {
        var (settings, version) = cap.Current;
        context.Response.Headers.ETag = ETag(version);
        return TypedResults.Json(settings, AccessJson.Default.AccessSettings);
    }

    private static async Task<IResult> SetAsync(AccessSettings settings, HttpContext context, AccessCap cap, Authority authority, AuditLog audit)
    {
        if (!authority.May(context.Caller(), Permission.SettingsWrite, default))
            return Problems.Forbidden("Only an admin changes the settings of the hub.");
        if (Policies.LevelOf(settings.MaxAccess) is null)
            return Problems.Invalid("'maxAccess' is owner, project, signed-in or public.");
        if (settings.Consent is not (null or AccessCap.AskForeign or AccessCap.AskNever))
            return Problems.Invalid("'consent' is foreign or never.");
        settings = settings with { Consent = settings.Consent ?? AccessCap.AskForeign };
        var (before, version) = cap.Current;
        var expected = IfMatch.Of(context.Request);
        if (!expected.Allows(ETag(version)) || !await cap.SetAsync(settings, expected.IsPresent ? version : null))
        {
            return Problems.Of(
                StatusCodes.Status412PreconditionFailed, "changed", "The settings were changed since you read them; read them again and repeat the change.");
        }

        await audit.RecordAsync(AuditEntry.By(context.Caller(), "settings.change", "settings:access", context.Address()) with
        {
            Detail = new Dictionary<string, string>
            {
                ["maxAccess"] = $"{before.MaxAccess} -> {settings.MaxAccess}",
                ["consent"] = $"{before.Consent} -> {settings.Consent}",
                ["embedAllowed"] = $"{before.EmbedAllowed} -> {settings.EmbedAllowed}".ToLowerInvariant(),
            },
        });
        return Show(context, cap);
    }

    private static string ETag(long version) => $"\"{version}\"";
}
