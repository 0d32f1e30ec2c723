using System.Text.Json;
using System.Text.Json.Serialization;

namespace Adit.Api;

/// <summary>An account as the API shows it.</summary>
public sealed record UserAccount
{
    /// <summary>Its name: never changes, and is never given to somebody else.</summary>
    public required string Name { get; init; }

    /// <summary><c>person</c> signs in; <c>service</c> has tokens only.</summary>
    public required string Kind { get; init; }

    /// <summary>Of a service: the project that it works for and ends with; null for none.</summary>
    public string? Project { get; init; }

    /// <summary>The role that an admin gave it.</summary>
    public required PlatformRole Role { get; init; }

    /// <summary>The role it has: its own or one of its groups', whichever is more.</summary>
    public required PlatformRole EffectiveRole { get; init; }

    /// <summary>What people call it.</summary>
    public string? DisplayName { get; init; }

    /// <summary>Where it gets post.</summary>
    public string? Email { get; init; }

    /// <summary>Who vouches for it: <c>local</c>, or the name of a directory or provider.</summary>
    public required string Source { get; init; }

    /// <summary><c>active</c> or <c>disabled</c>.</summary>
    public required string State { get; init; }

    /// <summary>Its groups, by name.</summary>
    public required IReadOnlyList<string> Groups { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it signed in last.</summary>
    public DateTimeOffset? LastSignIn { get; init; }

    /// <summary>Whether a person of the hub's own accounts has a password; null for others.</summary>
    public bool? HasPassword { get; init; }
}

/// <summary>A page of accounts, by name.</summary>
public sealed record AccountList
{
    /// <summary>The accounts.</summary>
    public required IReadOnlyList<UserAccount> Items { get; init; }

    /// <summary>Give this as <c>cursor</c> for the next page; null on the last.</summary>
    public string? Next { get; init; }
}

/// <summary>POST /api/v1/accounts.</summary>
public sealed record CreateAccountRequest
{
    /// <summary>1 to 63 of a-z, 0-9, '-', '_' and '.'.</summary>
    public required string Name { get; init; }

    /// <summary>Where it gets post; nobody else's.</summary>
    public string? Email { get; init; }

    /// <summary>What people call it.</summary>
    public string? DisplayName { get; init; }

    /// <summary>What it may do on the whole hub; default user.</summary>
    public PlatformRole? Role { get; init; }

    /// <summary><c>person</c> (default; gets an invitation) or <c>service</c>.</summary>
    public string? Kind { get; init; }
}

/// <summary>What POST /api/v1/accounts made.</summary>
public sealed record CreatedAccount
{
    /// <summary>The account.</summary>
    public required UserAccount Account { get; init; }

    /// <summary>How a person gets in for the first time; null for a service.</summary>
    public Invitation? Invitation { get; init; }
}

/// <summary>PATCH /api/v1/accounts/{name}: what is present replaces what was; an empty text takes it away.</summary>
public sealed record ChangeAccountRequest
{
    /// <summary>What it may do on the whole hub. Admins only.</summary>
    public PlatformRole? Role { get; init; }

    /// <summary>What people call it.</summary>
    public string? DisplayName { get; init; }

    /// <summary>Where it gets post; nobody else's. Admins only: applications are told it.</summary>
    public string? Email { get; init; }

    /// <summary><c>active</c> or <c>disabled</c>. Admins only.</summary>
    public string? State { get; init; }

    /// <summary><c>person</c> or <c>service</c>. Admins only.</summary>
    public string? Kind { get; init; }
}

/// <summary>A link with which somebody sets a first or a new password, once. Who has it is who it is for.</summary>
public sealed record Invitation
{
    /// <summary>The link; the code is in its fragment, which browsers send to no server.</summary>
    public required string Url { get; init; }

    /// <summary>When it ends.</summary>
    public required DateTimeOffset Expires { get; init; }
}

/// <summary>GET /api/v1/invitations/{id}: whom an invitation is for. The id is the part of the code before its dot.</summary>
public sealed record InvitedAccount
{
    /// <summary>The account's name.</summary>
    public required string Account { get; init; }

    /// <summary>What people call it.</summary>
    public string? DisplayName { get; init; }

    /// <summary>When the invitation ends.</summary>
    public required DateTimeOffset Expires { get; init; }
}

/// <summary>POST /api/v1/invitations/redeem.</summary>
public sealed record RedeemInvitationRequest
{
    /// <summary>The invitation's code.</summary>
    public required string Code { get; init; }

    /// <summary>The password to have from now on: 10 to 256 characters.</summary>
    public required string Password { get; init; }

    /// <summary>What people shall call it.</summary>
    public string? DisplayName { get; init; }
}

/// <summary>PUT /api/v1/accounts/{name}/password.</summary>
public sealed record SetPasswordRequest
{
    /// <summary>The password until now; needed for one's own account when it has one.</summary>
    public string? Current { get; init; }

    /// <summary>The password from now on: 10 to 256 characters.</summary>
    public required string Password { get; init; }
}

/// <summary>JSON of this resource, source-generated.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(UserAccount))]
[JsonSerializable(typeof(AccountList))]
[JsonSerializable(typeof(CreateAccountRequest))]
[JsonSerializable(typeof(CreatedAccount))]
[JsonSerializable(typeof(ChangeAccountRequest))]
[JsonSerializable(typeof(Invitation))]
[JsonSerializable(typeof(InvitedAccount))]
[JsonSerializable(typeof(RedeemInvitationRequest))]
[JsonSerializable(typeof(SetPasswordRequest))]
public sealed partial class AccountsJson : JsonSerializerContext;
