using System.Text;
using Adit.Content.Trees;

namespace Adit.Content.Files;

/// <summary>Names that are two in a tree and one on this system, or that this system takes for something else: both would write where nobody asked to.</summary>
internal static class SystemNames
{
    private static readonly HashSet<string> Reserved = new(
        ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", .. Enumerable.Range(0, 10).SelectMany(static n => new[] { $"COM{n}", $"LPT{n}" })], StringComparer.OrdinalIgnoreCase);

    private static readonly System.Buffers.SearchValues<char> NotInWindows = System.Buffers.SearchValues.Create("<>:\"/\\|?*");

    /// <summary>Whether names that differ in case alone are one here.</summary>
    private static bool FoldsCase => OperatingSystem.IsWindows() || OperatingSystem.IsMacOS();

    /// <summary>Refuses a directory with a name that cannot be kept apart here.</summary>
    /// <exception cref="CannotWriteException">There is one.</exception>
    public static void Check(List<TreeEntry> entries, string path)
    {
        if (!FoldsCase)
            return;
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in entries)
        {
            var name = Encoding.UTF8.GetString(entry.Name);
            if (OperatingSystem.IsWindows() && !IsWindowsName(name))
                throw new CannotWriteException($"'{name}' in '{path}' is no name that Windows has. Check it out on another system, or rename it.");
            if (!seen.Add(name.Normalize()))
                throw new CannotWriteException($"'{name}' in '{path}' differs from another name by case alone, which this system does not keep apart. Check it out on another system, or rename it.");
        }
    }

    /// <summary>Whether Windows takes a name for what it says: Microsoft, "Naming Files, Paths, and Namespaces".</summary>
    public static bool IsWindowsName(string name) =>
        !name.AsSpan().ContainsAny(NotInWindows) && !name.Any(static c => c < ' ') && name is not [.., '.' or ' ']
        && !Reserved.Contains(name.Split('.')[0].TrimEnd());
}
