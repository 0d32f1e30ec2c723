using System.Collections.Frozen;

namespace Adit.Hub.Templates;

/// <summary>The templates in the program: version 0 of their slugs, used until somebody publishes one of the same slug.</summary>
internal static class ShippedTemplates
{
    private const string Folder = "templates/";
    private const string Extension = ".yaml";

    private static readonly Lazy<FrozenDictionary<string, StoredVersion>> Loaded = new(Load);

    /// <summary>All of them, by slug.</summary>
    public static IReadOnlyDictionary<string, StoredVersion> All => Loaded.Value;

    private static FrozenDictionary<string, StoredVersion> Load()
    {
        var assembly = typeof(ShippedTemplates).Assembly;
        return assembly.GetManifestResourceNames().Where(static name => name.StartsWith(Folder, StringComparison.Ordinal)).ToFrozenDictionary(
            static name => name[Folder.Length..^Extension.Length],
            name =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                return new StoredVersion { Number = 0, Yaml = reader.ReadToEnd(), By = "", At = DateTimeOffset.UnixEpoch };
            },
            StringComparer.Ordinal);
    }
}
