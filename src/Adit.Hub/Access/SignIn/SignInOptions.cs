namespace Adit.Hub.Access.SignIn;

/// <summary>What every directory and provider is told; an entry of <c>sign-in</c> in <c>adit.yaml</c>.</summary>
public abstract record SignInOptions
{
    /// <summary>What accounts remember of where they come from; never change it: 1 to 63 of a-z, 0-9 and '-'.</summary>
    public required string Name { get; init; }

    /// <summary>What people see on the sign-in page.</summary>
    public required string Title { get; init; }

    /// <summary>Groups there (by name, or by distinguished name) to groups here. When there are any, no other groups are taken over.</summary>
    public IReadOnlyDictionary<string, string> GroupMap { get; init; } = new Dictionary<string, string>();

    /// <summary>Who may come in: members of one of these groups (here); everybody when there are none.</summary>
    public IReadOnlyList<string> AllowedGroups { get; init; } = [];
}
