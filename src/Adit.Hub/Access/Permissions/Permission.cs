namespace Adit.Hub.Access.Permissions;

/// <summary>Something that can be allowed: to read or to write one kind of resource. As text <c>tunnels:write</c>; writing includes reading.</summary>
/// <param name="Resource">The plural that the API has it under.</param>
/// <param name="IsWrite">Whether it changes anything.</param>
internal sealed record Permission(string Resource, bool IsWrite)
{
    /// <summary>Sees tunnels, their requests and events.</summary>
    public static readonly Permission TunnelsRead = new("tunnels", false);

    /// <summary>Makes, changes, serves and removes tunnels, and holds links.</summary>
    public static readonly Permission TunnelsWrite = new("tunnels", true);

    /// <summary>Passes doors of routes, as the account that it is.</summary>
    public static readonly Permission RoutesOpen = new("routes", false);

    public static readonly Permission TokensRead = new("tokens", false);
    public static readonly Permission TokensWrite = new("tokens", true);

    public static readonly Permission ProjectsRead = new("projects", false);
    public static readonly Permission ProjectsWrite = new("projects", true);

    /// <summary>Sees one's own account; everybody's for admins and auditors.</summary>
    public static readonly Permission AccountsRead = new("accounts", false);

    /// <summary>Changes one's own profile, password and sessions; everybody's for admins.</summary>
    public static readonly Permission AccountsWrite = new("accounts", true);

    public static readonly Permission GroupsRead = new("groups", false);
    public static readonly Permission GroupsWrite = new("groups", true);

    public static readonly Permission AuditRead = new("audit", false);

    public static readonly Permission SettingsRead = new("settings", false);
    public static readonly Permission SettingsWrite = new("settings", true);

    /// <summary>Every permission, by its text.</summary>
    public static readonly IReadOnlyDictionary<string, Permission> All = new[]
    {
        TunnelsRead, TunnelsWrite, RoutesOpen, TokensRead, TokensWrite, ProjectsRead, ProjectsWrite, AccountsRead, AccountsWrite, GroupsRead,
        GroupsWrite, AuditRead, SettingsRead, SettingsWrite,
    }.ToDictionary(static p => p.ToString(), StringComparer.Ordinal);

    /// <inheritdoc />
    public override string ToString() => this == RoutesOpen ? "routes:open" : $"{Resource}:{(IsWrite ? "write" : "read")}";
}
