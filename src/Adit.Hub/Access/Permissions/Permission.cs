namespace Adit.Hub.Access.Permissions;

/// <summary>Something that can be allowed: to read or to write one kind of resource. As text <c>tunnels:write</c>; writing includes reading.</summary>
/// <param name="Resource">The plural that the API has it under.</param>
/// <param name="IsWrite">Whether it changes anything.</param>
/// <param name="Description">What it allows, for people who choose scopes.</param>
internal sealed record Permission(string Resource, bool IsWrite, string Description)
{
    /// <summary>Sees tunnels, their requests and events.</summary>
    public static readonly Permission TunnelsRead = new("tunnels", false, "See tunnels, their requests and events");

    /// <summary>Makes, changes, serves and removes tunnels, and holds links.</summary>
    public static readonly Permission TunnelsWrite = new("tunnels", true, "Make, change, serve and remove tunnels");

    /// <summary>Passes doors of routes, as the account that it is.</summary>
    public static readonly Permission RoutesOpen = new("routes", false, "Open tunnels and apps as you");

    public static readonly Permission TokensRead = new("tokens", false, "See tokens");
    public static readonly Permission TokensWrite = new("tokens", true, "Make and revoke tokens");

    public static readonly Permission ProjectsRead = new("projects", false, "See projects and their members");
    public static readonly Permission ProjectsWrite = new("projects", true, "Make and change projects and their members");

    /// <summary>Sees one's own account; everybody's for admins and auditors.</summary>
    public static readonly Permission AccountsRead = new("accounts", false, "See accounts");

    /// <summary>Changes one's own profile, password and sessions; everybody's for admins.</summary>
    public static readonly Permission AccountsWrite = new("accounts", true, "Change accounts and end sessions");

    public static readonly Permission GroupsRead = new("groups", false, "See groups");
    public static readonly Permission GroupsWrite = new("groups", true, "Change groups");

    public static readonly Permission AuditRead = new("audit", false, "Read the audit log");

    /// <summary>Reads the hub's own metrics, for scrapers from elsewhere.</summary>
    public static readonly Permission MetricsRead = new("metrics", false, "Read metrics");

    /// <summary>Sees runners, and what they have room for.</summary>
    public static readonly Permission RunnersRead = new("runners", false, "See runners");

    /// <summary>Changes, drains and removes runners.</summary>
    public static readonly Permission RunnersWrite = new("runners", true, "Change, drain and remove runners");

    /// <summary>Is a runner: takes its tasks, reports, and nothing else.</summary>
    public static readonly Permission RunnerServe = new("runner", true, "Be a runner, and nothing else");

    /// <summary>Sees tasks and their logs.</summary>
    public static readonly Permission TasksRead = new("tasks", false, "See tasks and their logs");

    /// <summary>Starts, stops and removes tasks, and runs commands in them.</summary>
    public static readonly Permission TasksWrite = new("tasks", true, "Start and stop tasks, and run commands in them");

    public static readonly Permission SettingsRead = new("settings", false, "See the settings of the hub");
    public static readonly Permission SettingsWrite = new("settings", true, "Change the settings of the hub");

    /// <summary>Sees the templates that one may use; all of them for admins and auditors.</summary>
    public static readonly Permission TemplatesRead = new("templates", false, "See templates");

    /// <summary>Writes and publishes templates, for admins.</summary>
    public static readonly Permission TemplatesWrite = new("templates", true, "Write and publish templates");

    /// <summary>Sees which secrets there are; never a value.</summary>
    public static readonly Permission SecretsRead = new("secrets", false, "See which secrets there are, without their values");

    /// <summary>Sets and removes secrets, and publishes templates that use those of the hub.</summary>
    public static readonly Permission SecretsWrite = new("secrets", true, "Set and remove secrets, and publish templates that use them");

    /// <summary>Sees volumes and reads their files.</summary>
    public static readonly Permission VolumesRead = new("volumes", false, "See volumes and read their files");

    /// <summary>Makes volumes and snapshots, and removes volumes.</summary>
    public static readonly Permission VolumesWrite = new("volumes", true, "Make volumes and snapshots, and remove volumes");

    /// <summary>Every permission, by its text.</summary>
    public static readonly IReadOnlyDictionary<string, Permission> All = new[]
    {
        TunnelsRead, TunnelsWrite, RoutesOpen, TokensRead, TokensWrite, ProjectsRead, ProjectsWrite, AccountsRead, AccountsWrite, GroupsRead,
        GroupsWrite, AuditRead, MetricsRead, SettingsRead, SettingsWrite, RunnersRead, RunnersWrite, RunnerServe, TasksRead, TasksWrite,
        TemplatesRead, TemplatesWrite, SecretsRead, SecretsWrite, VolumesRead, VolumesWrite,
    }.ToDictionary(static p => p.ToString(), StringComparer.Ordinal);

    /// <summary>Whether a scope of it can be narrowed to a project.</summary>
    public bool TakesProject => Resource is "tunnels" or "routes" or "projects" or "tokens" or "tasks" or "secrets" or "volumes";

    /// <inheritdoc />
    public override string ToString() => this == RoutesOpen ? "routes:open" : this == RunnerServe ? "runner:serve" : $"{Resource}:{(IsWrite ? "write" : "read")}";
}
