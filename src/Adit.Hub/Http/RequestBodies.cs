using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Adit.Api;
using Adit.Hub.Config;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Adit.Hub.Http;

/// <summary>
/// How bodies of requests are read. A member that is not known is refused: who misspells a limit would have none, and never hear of it. What
/// runners say is read otherwise, since they may be newer than their hub: their types say so themselves (docs/reference/runner.md).
/// </summary>
internal static partial class RequestBodies
{
    private const int LongestName = 64;

    /// <summary>Sets it.</summary>
    public static IServiceCollection AddRequestBodies(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(static json =>
        {
            json.SerializerOptions.RespectNullableAnnotations = true; // What must be there is not null: a request that says so is refused, and reaches no code.
            json.SerializerOptions.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict; // "5" is no number, and neither is "NaN", which the reader takes together.
            json.SerializerOptions.AllowDuplicateProperties = false; // Else the last one would hold, and who checked the request may have read the first.
            json.SerializerOptions.Converters.Add(new ExactWords());
        });
        services.Configure<RouteHandlerOptions>(static routes => routes.ThrowOnBadRequest = true); // What is wrong with a body is said below.
        return services;
    }

    /// <summary>Answers what endpoints could not read. Stands next to them: who is refused for another reason hears that.</summary>
    public static void UseRequestBodies(this IApplicationBuilder app)
    {
        var options = app.ApplicationServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        app.Use(async (context, next) =>
        {
            try
            {
                await next(context);
            }
            catch (BadHttpRequestException e) when (!context.Response.HasStarted)
            {
                var problem = e.InnerException is JsonException json && Explain(json, options) is { } detail ? Problems.Invalid(detail) : Problems.OfStatus(e.StatusCode, context.Request.Path);
                await problem.ExecuteAsync(context);
            }
        });
    }

    // The reader has the member's name and its type in its message alone.
    private static string? Explain(JsonException e, JsonSerializerOptions options)
    {
        var path = e.Path is { Length: > 2 and <= 4 * LongestName } at ? at[2..] : null; // "$.resources.cpu"
        if (Unknown().Match(e.Message) is { Success: true } unknown)
        {
            var name = unknown.Groups["name"].Value;
            var known = typeof(CreateTaskRequest).Assembly.GetType(unknown.Groups["type"].Value) is { } type ? options.GetTypeInfo(type).Properties.Select(static p => p.Name).ToList() : [];
            var meant = Nearest.Of(name, known) is { } near && Nearest.IsNear(name, near) ? $"did you mean '{near}'?" : known.Count == 0 ? "see docs/reference/api.md." : $"there is {string.Join(", ", known)}.";
            var parent = path is not null && path.EndsWith("." + name, StringComparison.Ordinal) ? path[..^(name.Length + 1)] : null;
            return $"There is no '{Short(name)}' {(parent is null ? "here" : $"in '{parent}'")}; {meant}";
        }

        if (Missing().Match(e.Message) is { Success: true } missing)
            return $"What must be there is not{(path is null ? "" : $" in '{path}'")}: {missing.Groups["names"].Value}; see docs/reference/api.md.";
        if (Twice().Match(e.Message) is { Success: true } twice)
            return $"'{Short(twice.Groups["name"].Value)}' comes twice; say it once.";
        if (path is not null && Word().Match(e.Message) is { Success: true } word)
            return $"'{path}' is one of: {word.Groups["words"].Value}.";
        return path is null ? null : $"'{path}' is not of the form that this endpoint takes; see docs/reference/api.md.";
    }

    private static string Short(string name) => name.Length <= LongestName ? name : name[..LongestName] + "…";

    [GeneratedRegex(@"^The JSON property '(?<name>.*)' could not be mapped to any \.NET member contained in type '(?<type>[\w.]+)'", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Unknown();

    [GeneratedRegex(@"missing required properties including: (?<names>'[\w', ]+')", RegexOptions.CultureInvariant)]
    private static partial Regex Missing();

    [GeneratedRegex(@"^Duplicate property '(?<name>.*)' encountered during", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Twice();

    // As ExactWords says it.
    [GeneratedRegex(@"^The word is one of: (?<words>[\w, -]+)\.", RegexOptions.CultureInvariant)]
    private static partial Regex Word();
}
