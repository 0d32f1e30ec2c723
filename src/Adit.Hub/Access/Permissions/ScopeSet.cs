namespace Adit.Hub.Access.Permissions;

/// <summary>
/// What a token was made for: a part of what its account may. Text: <c>tunnels:write</c>, <c>tunnels:read!project=churn</c>; several with
/// spaces between. Without <c>!project=</c> a scope covers every project and what is in none.
/// </summary>
internal sealed class ScopeSet
{
    /// <summary>Everything that the account may.</summary>
    public static readonly ScopeSet All = new([]) { IsAll = true };

    private const int MostScopes = 50;
    private const string ProjectFilter = "!project=";

    private readonly IReadOnlyList<Scope> _scopes;

    private ScopeSet(IReadOnlyList<Scope> scopes) => _scopes = scopes;

    /// <summary>Whether nothing is left out.</summary>
    public bool IsAll { get; private init; }

    /// <summary>Reads scopes.</summary>
    /// <param name="texts">One each; null for all.</param>
    /// <exception cref="FormatException">One is none; the message is one for people.</exception>
    public static ScopeSet Parse(IReadOnlyCollection<string>? texts)
    {
        if (texts is null)
            return All;
        if (texts.Count is 0 or > MostScopes)
            throw new FormatException($"A token has 1 to {MostScopes} scopes.");
        Scope[] scopes = [.. texts.Select(ParseOne)];
        if (scopes.FirstOrDefault(static s => s is { Project: not null, Permission.TakesProject: false }) is { } never)
            throw new FormatException($"'{never}' would never cover anything: {never.Permission} is of the whole hub and of no project; leave out {ProjectFilter}{never.Project}.");
        return new ScopeSet(scopes);
    }

    /// <summary>Reads what <see cref="ToStored"/> wrote, by whichever version; null for all.</summary>
    public static ScopeSet Read(string? stored) =>
        stored?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is { } texts ? new ScopeSet([.. texts.Select(ParseOne)]) : All;

    /// <summary>Whether a permission is covered for a project; null for what is in none.</summary>
    public bool Covers(Permission permission, string? project) => IsAll || _scopes.Any(s => s.Covers(permission) && (s.Project is null || s.Project == project));

    /// <summary>Whether a permission is covered somewhere.</summary>
    public bool Touches(Permission permission) => IsAll || _scopes.Any(s => s.Covers(permission));

    /// <summary>Whether anything is covered in a project.</summary>
    public bool CoversAny(string project) => IsAll || _scopes.Any(s => s.Project is null || s.Project == project);

    /// <summary>Whether everything that another set covers is covered by this one: what a token may give to one that it makes.</summary>
    public bool Includes(ScopeSet other) => IsAll
        || (!other.IsAll && other._scopes.All(theirs => _scopes.Any(s => s.Covers(theirs.Permission) && (s.Project is null || s.Project == theirs.Project))));

    /// <summary>The scopes' texts; null for all.</summary>
    public IReadOnlyList<string>? ToList() => IsAll ? null : [.. _scopes.Select(static s => s.ToString())];

    /// <summary>How it is stored; null for all.</summary>
    public string? ToStored() => IsAll ? null : string.Join(' ', _scopes);

    private static Scope ParseOne(string text)
    {
        var at = text.IndexOf(ProjectFilter, StringComparison.Ordinal);
        var name = at < 0 ? text : text[..at];
        var project = at < 0 ? null : text[(at + ProjectFilter.Length)..];
        if (!Permission.All.TryGetValue(name, out var permission))
            throw new FormatException($"'{name}' is no scope; there are {string.Join(", ", Permission.All.Keys.Order(StringComparer.Ordinal))}.");
        if (project is not null && (project.Length is 0 or > 63 || project.Any(static c => !char.IsAsciiLetterOrDigit(c) && c is not '-')))
            throw new FormatException($"The scope '{text}' names no project after {ProjectFilter}.");
        return new Scope(permission, project);
    }

    private sealed record Scope(Permission Permission, string? Project)
    {
        public bool Covers(Permission wanted) => Permission.Resource == wanted.Resource && (Permission.IsWrite || !wanted.IsWrite);

        public override string ToString() => Project is null ? Permission.ToString() : Permission + ProjectFilter + Project;
    }
}
