using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Adit.Hub.Runners;
using Adit.Hub.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Checks;

/// <summary>/api/v1/checks: what the hub finds when it looks at itself; what <c>adit doctor</c> and the settings page show.</summary>
internal static class CheckEndpoints
{
    /// <summary>Registers the sources, in the order of the answer.</summary>
    public static IServiceCollection AddChecks(this IServiceCollection services) => services
        .AddSingleton<ICheckSource, StorageChecks>()
        .AddSingleton<ICheckSource, ListenChecks>()
        .AddSingleton<ICheckSource, CertificateChecks>()
        .AddSingleton<ICheckSource, RunnerChecks>()
        .AddSingleton<ICheckSource, TaskChecks>();

    /// <summary>Maps it.</summary>
    public static void MapChecks(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/checks", LookAsync).Needs(Permission.SettingsRead).Produces<CheckList>().WithTags("checks");

    private static async Task<IResult> LookAsync(HttpContext context, IEnumerable<ICheckSource> sources, HubOptions options)
    {
        if (!Authority.SeesAll(context.Caller()))
            return Problems.Forbidden("Only admins and auditors see what the hub finds when it looks at itself.");
        var items = new List<Check>();
        foreach (var source in sources)
            items.AddRange(await source.LookAsync(context.RequestAborted));
        return TypedResults.Json(new CheckList { Version = RunnerRules.OwnVersion, Domain = options.Domain, Items = items }, ChecksJson.Default.CheckList);
    }
}
