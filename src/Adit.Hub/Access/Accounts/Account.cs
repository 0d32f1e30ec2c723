using Adit.Api;

namespace Adit.Hub.Access.Accounts;

/// <summary>
/// Who somebody is on this hub, with the groups and the role that follow. Immutable: a change makes a new one, so whoever holds one can see
/// by reference whether it is still true (<see cref="AccountDirectory.Find"/>).
/// </summary>
internal sealed record Account
{
    /// <summary>The source of accounts that the hub itself vouches for.</summary>
    public const string LocalSource = "local";

    /// <summary>The name: unique for ever, 1 to 63 of a-z, 0-9, '-', '_' and '.'.</summary>
    public required string Name { get; init; }

    /// <summary>A person signs in; a service has tokens only.</summary>
    public required AccountKind Kind { get; init; }

    /// <summary>The role that an admin gave it.</summary>
    public required PlatformRole Role { get; init; }

    /// <summary>The role it has: its own or one of its groups', whichever is more.</summary>
    public PlatformRole EffectiveRole { get; init; }

    /// <summary>Of a service: the project that it works for, whose maintainers make its tokens; null for none.</summary>
    public string? Project { get; init; }

    public string? DisplayName { get; init; }

    public string? Email { get; init; }

    /// <summary>Who vouches for it: <see cref="LocalSource"/>, or the name of a directory or provider.</summary>
    public string Source { get; init; } = LocalSource;

    /// <summary>What the source calls it.</summary>
    public string? Subject { get; init; }

    /// <summary>For local persons that have set one; in the framework's format.</summary>
    public string? PasswordHash { get; init; }

    public AccountState State { get; init; } = AccountState.Active;

    public required DateTimeOffset Created { get; init; }

    public DateTimeOffset? LastSignIn { get; init; }

    /// <summary>Counts its changes, for ETags.</summary>
    public long Version { get; init; } = 1;

    /// <summary>The names of its groups, whoever said so.</summary>
    public IReadOnlySet<string> Groups { get; init; } = new HashSet<string>();

    /// <summary>Whether it may do anything at all.</summary>
    public bool IsActive => State == AccountState.Active;
}

/// <summary>What kind of account.</summary>
internal enum AccountKind
{
    Person,
    Service,
}

/// <summary>Where in its life an account is.</summary>
internal enum AccountState
{
    Active,
    Disabled,

    /// <summary>Gone; its name stays taken, so that nobody inherits what pointed to it.</summary>
    Deleted,
}
