using System.Text.Json.Nodes;
using Adit.Hub.Access.Permissions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Adit.Hub.Http;

/// <summary>GET /api/v1/openapi.json: the API as an OpenAPI 3.1 document, made from the endpoints that there are.</summary>
internal static class ApiDescription
{
    private const string Bearer = "token";

    /// <summary>Registers it.</summary>
    public static IServiceCollection AddApiDescription(this IServiceCollection services) => services.AddOpenApi(options =>
    {
        options.AddOperationTransformer((operation, context, _) =>
        {
            Describe(operation, context.Description.ActionDescriptor.EndpointMetadata.OfType<Need>().LastOrDefault());
            return Task.CompletedTask;
        });
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo { Title = "Adit", Version = "v1", Description = "The hub's API. Errors are application/problem+json (RFC 9457)." };
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
            document.Components.SecuritySchemes[Bearer] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer" };
            document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Bearer, document)] = [] }];
            return Task.CompletedTask;
        });
        options.AddSchemaTransformer((schema, context, _) =>
        {
            // Their reader is ours, which the generator cannot look into.
            var type = context.JsonTypeInfo.Type;
            if ((Nullable.GetUnderlyingType(type) ?? type) is { IsEnum: true } words)
                schema.Enum = [.. ExactWords.Of(words).Select(static word => (JsonNode)JsonValue.Create(word)), .. words == type ? Array.Empty<JsonNode>() : [JsonNullSentinel.JsonNull]];
            schema.AdditionalPropertiesAllowed = true; // What is refused in requests may come in answers: they may gain members.
            return Task.CompletedTask;
        });
    });

    /// <summary>Maps it. It is made anew for each request, so it needs a token like everything else.</summary>
    public static void MapApiDescription(this IEndpointRouteBuilder routes) =>
        routes.MapOpenApi("/api/v1/openapi.json").NeedsCaller();

    // Which scope a token must have, for people and for programs; what is there for anybody says so.
    private static void Describe(OpenApiOperation operation, Need? need)
    {
        if (need is { IsOpen: true })
            operation.Security = [];
        if (need?.Permission is not { } permission)
            return;
        operation.Description = string.Join(' ', new[] { operation.Description, $"Needs the scope `{permission}`." }.Where(static part => !string.IsNullOrEmpty(part)));
        operation.Extensions ??= new Dictionary<string, IOpenApiExtension>();
        operation.Extensions["x-adit-scope"] = new JsonNodeExtension(JsonValue.Create(permission.ToString())!);
    }
}
