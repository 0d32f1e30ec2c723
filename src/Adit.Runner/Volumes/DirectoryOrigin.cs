using Adit.Api;

namespace Adit.Runner.Volumes;

/// <summary>
/// Which snapshot a directory comes from: the one that was pulled or pushed last. A push says it, so that what others pushed meanwhile is not undone by who never saw it.
/// </summary>
/// <param name="path">A file with two ids: the snapshot's and its root's. What else it holds is as if it were not there.</param>
internal sealed class DirectoryOrigin(string path)
{
    private const int Digits = 64;

    /// <summary>The snapshot and its root; nulls when nothing is known.</summary>
    public (string? Snapshot, string? Root) Read()
    {
        if (!File.Exists(path) || new FileInfo(path).Length != (2 * Digits) + 1)
            return default;
        var text = File.ReadAllText(path);
        return text.Split(' ') is [{ Length: Digits } snapshot, { Length: Digits } root] ? (snapshot, root) : default;
    }

    public void Write(ApiSnapshot snapshot)
    {
        var draft = path + ".tmp";
        File.WriteAllText(draft, $"{snapshot.Id} {snapshot.Root}");
        File.Move(draft, path, overwrite: true);
    }
}
