using Adit.Hub.Access.Accounts;

namespace Adit.Hub.Access.SignIn;

/// <summary>What groups of a directory or provider are called here.</summary>
internal static class GroupNames
{
    private const int Most = 200;

    /// <summary>The groups here for what a source says: as the map has it, or when there is none each by its own name.</summary>
    /// <param name="options">The source.</param>
    /// <param name="said">What it calls them; several names for one group are alternatives.</param>
    public static IReadOnlyCollection<string> Here(SignInOptions options, IEnumerable<IReadOnlyList<string>> said)
    {
        var groups = new HashSet<string>(StringComparer.Ordinal);
        foreach (var names in said.Take(Most))
        {
            var here = options.GroupMap.Count > 0
                ? names.Select(name => Mapped(options.GroupMap, name)).FirstOrDefault(static name => name is not null)
                : AccountRules.Sanitized(names[0].Replace('@', '-'));
            if (here is not null)
                groups.Add(here);
        }

        return groups;
    }

    /// <summary>Turns away who is in none of the groups that may come in.</summary>
    /// <exception cref="SignInRefusal">It is in none.</exception>
    public static void EnsureAllowed(SignInOptions options, IReadOnlyCollection<string> groups)
    {
        if (!IsAllowed(options, groups))
            throw new SignInRefusal(SignInRefusalCode.NotAllowed, $"{options.Title} knows you, but you are in none of the groups that may come in here; ask an admin.");
    }

    /// <summary>Whether somebody in these groups may come in.</summary>
    public static bool IsAllowed(SignInOptions options, IReadOnlyCollection<string> groups) =>
        options.AllowedGroups.Count == 0 || options.AllowedGroups.Any(groups.Contains);

    // Directories take their names for the same in any case.
    private static string? Mapped(IReadOnlyDictionary<string, string> map, string name) =>
        map.FirstOrDefault(pair => pair.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
}
