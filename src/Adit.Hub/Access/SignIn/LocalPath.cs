using Adit.Hub.Edge.Gate;

namespace Adit.Hub.Access.SignIn;

/// <summary>
/// Where a browser goes when it is signed in: only to a path of this host, whatever somebody wrote into a link. The hub knows its own pages, so
/// more is refused than of an application's paths (<see cref="ReturnPath"/>).
/// </summary>
internal static class LocalPath
{
    private const int MaxLength = 2048;

    /// <summary>The path if it is one of this host, otherwise <c>/</c>. What a browser could read as another host is not (<c>//</c>, <c>/\</c>, tabs).</summary>
    public static string Safe(string? to) =>
        to is { Length: <= MaxLength }
        && ReturnPath.IsPath(to)
        && !to.Contains('\\', StringComparison.Ordinal)
        && !DecodesToAnother(to)
            ? to
            : "/";

    // "/%09/evil" and "/%5cevil" are harmless as they stand; they are refused because somebody may decode them once more on the way.
    private static bool DecodesToAnother(string to)
    {
        var decoded = Uri.UnescapeDataString(to);
        return decoded.StartsWith("//", StringComparison.Ordinal) || decoded.StartsWith("/\\", StringComparison.Ordinal)
            || decoded.Split('?', '#')[0].Any(static c => char.IsControl(c) || c == '\\');
    }
}
