using System.Net.Http.Json;
using Adit.Api;

namespace Adit.Runner.Hubs;

/// <content>Accounts, groups, and who one is.</content>
public sealed partial class HubApi
{
    /// <summary>Whoever the token is.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<CurrentSession> WhoAmIAsync(CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, "/api/v1/session", null, SessionsJson.Default.CurrentSession, cancellationToken);

    /// <summary>Makes an account.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<CreatedAccount> CreateAccountAsync(CreateAccountRequest request, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(request, AccountsJson.Default.CreateAccountRequest);
        return await SendAsync(HttpMethod.Post, "/api/v1/accounts", content, AccountsJson.Default.CreatedAccount, cancellationToken);
    }

    /// <summary>The accounts that the caller may see, by name.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<IReadOnlyList<UserAccount>> ListAccountsAsync(CancellationToken cancellationToken) =>
        ListAsync("/api/v1/accounts", AccountsJson.Default.AccountList, static page => (page.Items, page.Next), cancellationToken);

    /// <summary>One account.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<UserAccount> GetAccountAsync(string name, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, Account(name), null, AccountsJson.Default.UserAccount, cancellationToken);

    /// <summary>Changes an account.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<UserAccount> ChangeAccountAsync(string name, ChangeAccountRequest request, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(request, AccountsJson.Default.ChangeAccountRequest);
        return await SendAsync(HttpMethod.Patch, Account(name), content, AccountsJson.Default.UserAccount, cancellationToken);
    }

    /// <summary>Deletes an account. Its name stays taken.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task DeleteAccountAsync(string name, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Delete, Account(name), null, cancellationToken);
    }

    /// <summary>A link with which somebody sets a first or a new password.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<Invitation> InviteAsync(string name, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, Account(name) + "/invitation", null, AccountsJson.Default.Invitation, cancellationToken);

    /// <summary>Sets a password.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task SetPasswordAsync(string name, SetPasswordRequest request, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(request, AccountsJson.Default.SetPasswordRequest);
        using var answer = await SendAsync(HttpMethod.Put, Account(name) + "/password", content, cancellationToken);
    }

    /// <summary>The groups that the caller may see, by name.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<IReadOnlyList<AccountGroup>> ListGroupsAsync(CancellationToken cancellationToken) =>
        ListAsync("/api/v1/groups", GroupsJson.Default.GroupList, static page => (page.Items, page.Next), cancellationToken);

    /// <summary>One group with its members.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public Task<AccountGroup> GetGroupAsync(string name, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, Group(name), null, GroupsJson.Default.AccountGroup, cancellationToken);

    /// <summary>Makes a group, or sets the role that its members have at least.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task<AccountGroup> SetGroupAsync(string name, PlatformRole? role, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(new SetGroupRequest { Role = role }, GroupsJson.Default.SetGroupRequest);
        return await SendAsync(HttpMethod.Put, Group(name), content, GroupsJson.Default.AccountGroup, cancellationToken);
    }

    /// <summary>Deletes a group with its memberships.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task DeleteGroupAsync(string name, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Delete, Group(name), null, cancellationToken);
    }

    /// <summary>Puts somebody into a group, or takes it out.</summary>
    /// <inheritdoc cref="CreateTunnelAsync" path="/exception"/>
    public async Task SetGroupMemberAsync(string group, string account, bool isMember, CancellationToken cancellationToken)
    {
        var path = $"{Group(group)}/members/{Uri.EscapeDataString(account)}";
        using var answer = await SendAsync(isMember ? HttpMethod.Put : HttpMethod.Delete, path, null, cancellationToken);
    }

    private static string Account(string name) => $"/api/v1/accounts/{Uri.EscapeDataString(name)}";

    private static string Group(string name) => $"/api/v1/groups/{Uri.EscapeDataString(name)}";
}
