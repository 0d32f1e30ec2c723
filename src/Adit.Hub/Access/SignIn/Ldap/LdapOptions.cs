namespace Adit.Hub.Access.SignIn.Ldap;

/// <summary>A directory that people sign in with: an entry of <c>sign-in</c> in <c>adit.yaml</c> with <c>kind: ldap</c>.</summary>
public sealed record LdapOptions : SignInOptions
{
    /// <summary>Its servers, tried in order: <c>ldap://HOST[:389]</c> or <c>ldaps://HOST[:636]</c>.</summary>
    public required IReadOnlyList<Uri> Urls { get; init; }

    /// <summary>Go over to TLS on <c>ldap://</c>. Default true beyond loopback.</summary>
    public bool StartTls { get; init; }

    /// <summary>The root that the servers' certificates come from, PEM; the system's roots when not set.</summary>
    public string? CaFile { get; init; }

    /// <summary>Who searches; nobody in particular when not set.</summary>
    public string? BindDn { get; init; }

    /// <summary>The file with its password.</summary>
    public string? BindPasswordFile { get; init; }

    /// <summary>Below which name people are.</summary>
    public required string UserBase { get; init; }

    /// <summary>Which of them is meant: <c>{name}</c> is what was typed.</summary>
    public string UserFilter { get; init; } = "(&(objectClass=person)(uid={name}))";

    /// <summary>Below which name groups are; null when the person's own entry tells of them, or nobody does.</summary>
    public string? GroupBase { get; init; }

    /// <summary>Which of them somebody is in: <c>{dn}</c> is the person's entry, <c>{name}</c> its name.</summary>
    public string GroupFilter { get; init; } = "(member={dn})";

    /// <summary>The attribute that becomes the account's name.</summary>
    public string NameAttribute { get; init; } = "uid";

    /// <summary>The attribute by which somebody is known for ever.</summary>
    public string IdAttribute { get; init; } = "entryUUID";

    /// <summary>The attribute with the e-mail address.</summary>
    public string EmailAttribute { get; init; } = "mail";

    /// <summary>The attribute with the name for people.</summary>
    public string DisplayNameAttribute { get; init; } = "cn";

    /// <summary>The attribute of a group that is its name.</summary>
    public string GroupNameAttribute { get; init; } = "cn";

    /// <summary>The attribute of a person's entry that lists groups, by distinguished name (<c>memberOf</c>); looked at when there is no <see cref="GroupBase"/>.</summary>
    public string? GroupsAttribute { get; init; }

    /// <summary>How long one sign-in may take here, from connecting to the last answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often those who are signed in are looked up again; zero for never.</summary>
    public TimeSpan SyncEvery { get; init; } = TimeSpan.FromMinutes(15);
}
