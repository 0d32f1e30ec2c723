namespace Adit.Testing;

/// <summary>The working copy that the running tests were built from.</summary>
public static class Repository
{
    private static readonly Lazy<string> LazyRoot = new(FindRoot);

    /// <summary>The folder that holds Adit.slnx.</summary>
    public static string Root => LazyRoot.Value;

    /// <summary>The absolute path of something in it.</summary>
    public static string Find(params ReadOnlySpan<string> segments) => Path.Combine([Root, .. segments]);

    /// <summary>
    /// The files below <paramref name="folder"/> (relative to the root) that match <paramref name="pattern"/>, as paths relative to the
    /// root with forward slashes, in order. Build output is left out.
    /// </summary>
    public static IReadOnlyList<string> Files(string folder, string pattern) =>
    [
        .. Directory.EnumerateFiles(Find(folder), pattern, SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => !path.Split('/').Any(part => part is "obj" or "bin" or "artifacts" or "node_modules" or ".git" or "out" or ".run"))
            .Order(StringComparer.Ordinal),
    ];

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Adit.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No Adit.slnx in {AppContext.BaseDirectory} or above it: tests run from the working copy they were built in.");
    }
}
