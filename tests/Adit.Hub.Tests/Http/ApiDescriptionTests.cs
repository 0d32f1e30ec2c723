using System.Net;
using System.Text.Json;
using Adit.Hub.Tests.Tunnels;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tests.Http;

public sealed class ApiDescriptionTests
{
    private const string Path = "/api/v1/openapi.json";

    [Fact(Timeout = 60_000)]
    public async Task Every_endpoint_of_the_api_is_in_its_description_with_an_answer_and_nothing_else_is()
    {
        await using var hub = await TestHub.StartAsync();
        using var api = hub.Api();
        using var document = JsonDocument.Parse(await api.GetStringAsync(Path));
        Assert.StartsWith("3.1", document.RootElement.GetProperty("openapi").GetString(), StringComparison.Ordinal);

        var described =
            from path in document.RootElement.GetProperty("paths").EnumerateObject()
            from operation in path.Value.EnumerateObject()
            where operation.Value.GetProperty("responses").EnumerateObject().Any()
            select $"{operation.Name.ToUpperInvariant()} {path.Name.TrimEnd('/')}";
        var mapped =
            from endpoint in hub.Services.GetServices<EndpointDataSource>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
            let path = "/" + endpoint.RoutePattern.RawText!.Trim('/')
            where path.StartsWith("/api/", StringComparison.Ordinal) && path != Path
            from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
            select $"{method} {path}";
        Assert.Contains("POST /api/v1/tunnels", mapped);
        Assert.Equal(mapped.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_stranger_does_not_get_it()
    {
        await using var hub = await TestHub.StartAsync();
        using var api = hub.Api("none");
        using var answer = await api.GetAsync(Path);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_problem_is_written_for_people()
    {
        await using var hub = await TestHub.StartAsync();
        using var api = hub.Api();
        using var answer = await api.GetAsync("/api/v1/tunnels/it's");
        Assert.Contains("There is no tunnel 'it's' that you may see.", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
