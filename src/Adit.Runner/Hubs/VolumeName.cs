using System.Diagnostics.CodeAnalysis;

namespace Adit.Runner.Hubs;

/// <summary>A volume, and perhaps a snapshot of it, as people write it: <c>project/volume</c>, <c>project/volume@snapshot</c>.</summary>
/// <param name="Project">The project.</param>
/// <param name="Name">The volume's name in it.</param>
/// <param name="Snapshot">A branch, a tag, an id or the beginning of one; null for none.</param>
public sealed record VolumeName(string Project, string Name, string? Snapshot = null)
{
    /// <summary>Reads one; false when a part is missing.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out VolumeName? name)
    {
        ArgumentNullException.ThrowIfNull(text);
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var parts = (at < 0 ? text : text[..at]).Split('/');
        var snapshot = at < 0 ? null : text[(at + 1)..];
        name = parts is [{ Length: > 0 } project, { Length: > 0 } volume] && snapshot != "" ? new VolumeName(project, volume, snapshot) : null;
        return name is not null;
    }

    /// <inheritdoc/>
    public override string ToString() => Snapshot is null ? $"{Project}/{Name}" : $"{Project}/{Name}@{Snapshot}";
}
