using Adit.Hub.Access.Permissions;

namespace Adit.Hub.Secrets;

/// <summary>What finds a secret.</summary>
/// <param name="Project">The project whose it is; null for the hub's.</param>
/// <param name="Name">Its name there.</param>
internal readonly record struct SecretKey(string? Project, string Name)
{
    private const int LongestName = 63;

    /// <summary>Whose it is: what permissions are asked about.</summary>
    public Owned Belonging => new(null, Project);

    /// <summary>Whether a text can be a secret's name.</summary>
    public static bool IsName(string? name) =>
        name is { Length: > 0 and <= LongestName } && name[0] != '-' && name[^1] != '-' && name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    /// <inheritdoc />
    public override string ToString() => Project is null ? $"secret '{Name}' of the hub" : $"secret '{Name}' of the project '{Project}'";
}

/// <summary>A secret as it is stored. Immutable. Its value is sealed here too: it is opened only when a runner is told.</summary>
internal sealed record Secret
{
    public required SecretKey Key { get; init; }

    /// <summary>Its value as <see cref="SecretSeal"/> made it.</summary>
    public required byte[] Sealed { get; init; }

    /// <summary>Counts its values, from 1.</summary>
    public required long Version { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Changed { get; init; }

    /// <summary>The account that gave it its value.</summary>
    public required string ChangedBy { get; init; }

    /// <summary>Whether the hub's key opens it; found out once, when it is loaded or set.</summary>
    public bool IsReadable { get; init; } = true;

    /// <summary>
    /// The validator of what is stored (RFC 9110 8.8.3): how its seal begins, which is random. The version would come again after a removal.
    /// </summary>
    public string ETag => $"\"{Convert.ToHexStringLower(SecretSeal.NonceOf(Sealed))}\"";
}
