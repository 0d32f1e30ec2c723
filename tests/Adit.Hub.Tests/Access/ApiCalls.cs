using System.Net;
using System.Net.Http.Json;
using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Tests.Tunnels;
using Microsoft.Extensions.DependencyInjection;

namespace Adit.Hub.Tests.Access;

/// <summary>Calls of the API that tests of accounts, tokens and projects make.</summary>
internal static class ApiCalls
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>An account of a person, with a token for all that it may.</summary>
    public static async Task<string> PersonAsync(this TestHub hub, string name, PlatformRole role = PlatformRole.User)
    {
        var accounts = hub.Services.GetRequiredService<AccountDirectory>();
        await accounts.AddAsync(new Account { Name = name, Kind = AccountKind.Person, Role = role, Created = hub.Time.GetUtcNow() });
        return (await hub.TokenAsync(name)).Secret!;
    }

    /// <summary>A token with only these scopes.</summary>
    public static async Task<string> ScopedAsync(this TestHub hub, string account, params string[] scopes)
    {
        using var answer = await hub.SendAsync(null, HttpMethod.Post, "tokens", JsonContent.Create(
            new CreateTokenRequest { Name = "scoped", Account = account, Scopes = scopes }, TokensJson.Default.CreateTokenRequest));
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync(TokensJson.Default.ApiToken, Ct))!.Secret!;
    }

    /// <summary>Calls the API by somebody's token; the admin's when null.</summary>
    public static async Task<HttpResponseMessage> SendAsync(
        this TestHub hub, string? token, HttpMethod method, string path, HttpContent? content = null, string? ifMatch = null)
    {
        using var api = hub.Api(token);
        using var request = new HttpRequestMessage(method, "/api/v1/" + path) { Content = content };
        if (ifMatch is not null)
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        return await api.SendAsync(request, Ct);
    }

    /// <summary>The status of a call.</summary>
    public static async Task<HttpStatusCode> StatusAsync(this TestHub hub, string? token, HttpMethod method, string path, HttpContent? content = null)
    {
        using var answer = await hub.SendAsync(token, method, path, content);
        return answer.StatusCode;
    }

    /// <summary>Makes a project.</summary>
    public static Task<HttpResponseMessage> CreateProjectAsync(this TestHub hub, string token, string name, ProjectVisibility? visibility = null) => hub.SendAsync(
        token, HttpMethod.Post, "projects", JsonContent.Create(new CreateProjectRequest { Name = name, Visibility = visibility }, ProjectsJson.Default.CreateProjectRequest));

    /// <summary>Makes somebody a member.</summary>
    public static Task<HttpResponseMessage> SetMemberAsync(this TestHub hub, string token, string project, string member, ProjectRole role, string? ifMatch = null) => hub.SendAsync(
        token, HttpMethod.Put, $"projects/{project}/members/{member}", JsonContent.Create(new SetProjectMemberRequest { Role = role }, ProjectsJson.Default.SetProjectMemberRequest), ifMatch);

    /// <summary>What the audit log has, newest first.</summary>
    public static async Task<IReadOnlyList<AuditRecord>> AuditAsync(this TestHub hub, string query = "")
    {
        using var answer = await hub.SendAsync(null, HttpMethod.Get, "audit?" + query);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync(AuditRecordsJson.Default.AuditList, Ct))!.Items;
    }
}
