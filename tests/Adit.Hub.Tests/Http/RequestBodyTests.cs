using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Adit.Api;
using Adit.Hub.Tests.Access;
using Adit.Hub.Tests.Tasks;
using Adit.Hub.Tests.Tunnels;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Adit.Hub.Tests.Http;

/// <summary>What people send is read to the letter, what runners say is not: docs/reference/api.md, docs/reference/runner.md.</summary>
public sealed class RequestBodyTests
{
    [Theory(Timeout = 60_000)]
    [InlineData("POST", "tokens", """{"name":"lab","maxTunels":5}""", "There is no 'maxTunels' here; did you mean 'maxTunnels'?")]
    [InlineData("POST", "tasks", """{"template":"static","resources":{"cpus":4}}""", "There is no 'cpus' in 'resources'; did you mean 'cpu'?")]
    [InlineData("POST", "tasks", """{"template":"static","resources":{"cpu":1,"memory":"1Gi"}}""", "There is no 'memory' in 'resources'; there is cpu, memoryBytes, gpus, gpuType.")]
    [InlineData("POST", "tasks", """{"template":"static","frobnicate":{"cpu":4}}""", "There is no 'frobnicate' here; there is template, ")]
    [InlineData("PUT", "quotas/user/ann", """{"memroy":1}""", "There is no 'memroy' here; there is tasks, cpu, memoryBytes, gpus, gpuHours, storageBytes.")]
    [InlineData("PUT", "quotas/user/ann", """{"taks":1}""", "There is no 'taks' here; did you mean 'tasks'?")]
    [InlineData("PATCH", "runners/gpu1", """{"taints":[{"key":"a","valeu":"b"}]}""", "There is no 'valeu' in 'taints[0]'; did you mean 'value'?")]
    [InlineData("POST", "tunnels", """{"name":"a","kind":"http","target":"http://localhost:1","rules":[{"who":["public"],"expire":"2030-01-01T00:00:00Z"}]}""", "There is no 'expire' in 'rules[0]'; did you mean 'expires'?")]
    [InlineData("PUT", "external-routes/a", """{"origins":[],"acess":"owner"}""", "There is no 'acess' here; did you mean 'access'?")]
    [InlineData("PUT", "settings/access", """{"maxAccess":"public","embedAlowed":true}""", "There is no 'embedAlowed' here; did you mean 'embedAllowed'?")]
    [InlineData("POST", "templates/a/test", """{"request":{"template":"a","labls":{}}}""", "There is no 'labls' in 'request'; did you mean 'labels'?")]
    [InlineData("POST", "tokens", """{"isAdmin":false}""", "What must be there is not: 'name'; see docs/reference/api.md.")]
    [InlineData("PUT", "quotas/user/ann", """{"cpu":"5"}""", "'cpu' is not of the form that this endpoint takes; see docs/reference/api.md.")]
    [InlineData("PUT", "quotas/user/ann", """{"cpu":"NaN"}""", "'cpu' is not of the form")]
    [InlineData("PUT", "quotas/user/ann", """{"cpu":NaN}""", "'cpu' is not of the form")]
    [InlineData("POST", "tasks", """{"template":"static","resources":{"cpu":"Infinity"}}""", "'resources.cpu' is not of the form")]
    [InlineData("POST", "accounts", """{"name":"ann","role":"admin,user"}""", "'role' is one of: user, auditor, admin.")]
    [InlineData("POST", "accounts", """{"name":"ann","role":2}""", "'role' is one of: user, auditor, admin.")]
    [InlineData("POST", "accounts", """{"name":"ann","role":"2"}""", "'role' is one of: user, auditor, admin.")]
    [InlineData("POST", "accounts", """{"name":"ann","role":"Admin"}""", "'role' is one of: user, auditor, admin.")]
    [InlineData("POST", "accounts", """{"name":"ann","role":" admin"}""", "'role' is one of: user, auditor, admin.")]
    [InlineData("POST", "tunnels", """{"name":"a","kind":"http,tcp","target":"http://localhost:1"}""", "'kind' is one of: http, tcp, tls.")]
    [InlineData("PUT", "quotas/user/ann", """{"tasks":1,"tasks":1000}""", "'tasks' comes twice; say it once.")]
    [InlineData("PUT", "quotas/user/ann", """{"tasks":1,"Tasks":1000}""", "'tasks' comes twice; say it once.")]
    [InlineData("PUT", "quotas/user/ann", """{"$cp":1}""", "There is no '$cp' here; there is tasks, cpu, ")]
    [InlineData("POST", "tokens", "{", "The request's body or parameters are not of the form")]
    public async Task What_is_not_known_is_refused_by_its_name(string method, string path, string body, string detail)
    {
        await using var hub = await TestHub.StartAsync();
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await hub.SendAsync(null, new HttpMethod(method), path, content);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var (code, said) = await TaskCalls.ProblemAsync(answer);
        Assert.Equal("invalid", code);
        Assert.StartsWith(detail, said, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_name_of_a_megabyte_is_not_said_again()
    {
        await using var hub = await TestHub.StartAsync();
        using var content = new StringContent($$"""{"name":"a","{{new string('x', 1_000_000)}}":1}""", Encoding.UTF8, "application/json");
        using var answer = await hub.SendAsync(null, HttpMethod.Post, "tokens", content);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.InRange((await TaskCalls.ProblemAsync(answer)).Detail!.Length, 1, 300);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_newer_runner_says_beyond_what_is_known_is_passed_over()
    {
        await using var hub = await TestHub.StartAsync();
        const string body = """{"link":"none","later":1,"usage":{"cpu":1,"later":2},"tasks":[{"id":"t1","attempt":1,"state":"ready","since":"2026-01-01T00:00:00Z","later":{}}]}""";
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await hub.SendAsync(null, HttpMethod.Post, "runner/report", content);
        Assert.Equal("session", (await TaskCalls.ProblemAsync(answer)).Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task Every_type_in_a_body_is_strict_for_people_and_liberal_for_runners()
    {
        await using var hub = await TestHub.StartAsync();
        var options = hub.Services.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        var bodies = (
            from endpoint in hub.Services.GetServices<EndpointDataSource>().SelectMany(static s => s.Endpoints).OfType<RouteEndpoint>()
            let body = endpoint.Metadata.GetMetadata<IAcceptsMetadata>()?.RequestType
            where body is not null
            let isRunner = endpoint.RoutePattern.RawText!.StartsWith("/api/v1/runner/", StringComparison.Ordinal)
            from part in PartsOf(body, options)
            select (Part: part, IsRunner: isRunner)).Distinct().ToList();
        Assert.Contains((typeof(TaskResources), false), bodies);
        Assert.Contains((typeof(RunnerFacts), true), bodies);
        var wrong =
            from body in bodies
            let handling = options.GetTypeInfo(body.Part).UnmappedMemberHandling ?? options.UnmappedMemberHandling
            where handling != (body.IsRunner ? JsonUnmappedMemberHandling.Skip : JsonUnmappedMemberHandling.Disallow)
            select $"{body.Part.Name} of {(body.IsRunner ? "runners" : "people")} has {handling}";
        Assert.Empty(wrong);
    }

    private static IEnumerable<Type> PartsOf(Type body, JsonSerializerOptions options)
    {
        var seen = new HashSet<Type>();
        var rest = new Stack<Type>([body]);
        while (rest.TryPop(out var type))
        {
            if (!seen.Add(type))
                continue;
            var info = options.GetTypeInfo(type);
            if (info.Kind == JsonTypeInfoKind.Object)
                yield return type;
            foreach (var property in info.Properties)
                rest.Push(property.PropertyType);
            if (info.ElementType is { } element)
                rest.Push(element);
        }
    }
}
