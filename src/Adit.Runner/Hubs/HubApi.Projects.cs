using System.Net.Http.Json;
using Adit.Api;

namespace Adit.Runner.Hubs;

/// <content>Projects and their members.</content>
public sealed partial class HubApi
{
    /// <summary>Makes a project.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<ApiProject> CreateProjectAsync(CreateProjectRequest request, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(request, ProjectsJson.Default.CreateProjectRequest);
        return await SendAsync(HttpMethod.Post, "/api/v1/projects", content, ProjectsJson.Default.ApiProject, cancellationToken);
    }

    /// <summary>The projects that the caller may see, by name.</summary>
    /// <param name="areDeleted">Those that can still be restored instead of the others.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<IReadOnlyList<ApiProject>> ListProjectsAsync(bool areDeleted, CancellationToken cancellationToken) => ListAsync(
        areDeleted ? "/api/v1/projects?deleted=true" : "/api/v1/projects", ProjectsJson.Default.ProjectList, static page => (page.Items, page.Next), cancellationToken);

    /// <summary>One project.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<ApiProject> GetProjectAsync(string name, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, Project(name), null, ProjectsJson.Default.ApiProject, cancellationToken);

    /// <summary>Deletes a project; it can be restored for some days.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task DeleteProjectAsync(string name, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Delete, Project(name), null, cancellationToken);
    }

    /// <summary>Restores a deleted project.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<ApiProject> RestoreProjectAsync(string name, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, Project(name) + "/restore", null, ProjectsJson.Default.ApiProject, cancellationToken);

    /// <summary>A project's members, owners first.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<IReadOnlyList<ApiProjectMember>> ListMembersAsync(string project, CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Get, Project(project) + "/members", null, ProjectsJson.Default.ProjectMemberList, cancellationToken)).Items;

    /// <summary>Makes a member, or changes its role.</summary>
    /// <param name="project">The project.</param>
    /// <param name="member"><c>account:NAME</c>, <c>group:NAME</c>, or an account's name.</param>
    /// <param name="role">What it may do.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<ApiProjectMember> SetMemberAsync(string project, string member, ProjectRole role, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(new SetProjectMemberRequest { Role = role }, ProjectsJson.Default.SetProjectMemberRequest);
        return await SendAsync(
            HttpMethod.Put, $"{Project(project)}/members/{Uri.EscapeDataString(member)}", content, ProjectsJson.Default.ApiProjectMember, cancellationToken);
    }

    /// <summary>Removes a member.</summary>
    /// <inheritdoc cref="SetMemberAsync"/>
    public async Task RemoveMemberAsync(string project, string member, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Delete, $"{Project(project)}/members/{Uri.EscapeDataString(member)}", null, cancellationToken);
    }

    /// <summary>A project's accounts for programs, by name.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<IReadOnlyList<ServiceAccount>> ListServiceAccountsAsync(string project, CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Get, Project(project) + "/service-accounts", null, ServiceAccountsJson.Default.ServiceAccountList, cancellationToken)).Items;

    /// <summary>Makes an account for programs that work for a project.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<ServiceAccount> CreateServiceAccountAsync(string project, CreateServiceAccountRequest request, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(request, ServiceAccountsJson.Default.CreateServiceAccountRequest);
        return await SendAsync(HttpMethod.Post, Project(project) + "/service-accounts", content, ServiceAccountsJson.Default.ServiceAccount, cancellationToken);
    }

    /// <summary>Disables a service account, or lets it in again.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<ServiceAccount> ChangeServiceAccountAsync(string project, string name, string state, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(new ChangeServiceAccountRequest { State = state }, ServiceAccountsJson.Default.ChangeServiceAccountRequest);
        return await SendAsync(HttpMethod.Patch, ServiceAccount(project, name), content, ServiceAccountsJson.Default.ServiceAccount, cancellationToken);
    }

    /// <summary>Removes a service account, with its tokens. Its name stays taken.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task DeleteServiceAccountAsync(string project, string name, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Delete, ServiceAccount(project, name), null, cancellationToken);
    }

    private static string Project(string name) => $"/api/v1/projects/{Uri.EscapeDataString(name)}";

    private static string ServiceAccount(string project, string name) => $"{Project(project)}/service-accounts/{Uri.EscapeDataString(name)}";
}
