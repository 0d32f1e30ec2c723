using Adit.Content.Trees;

namespace Adit.Hub.Volumes.Staging;

/// <summary>Changes that are staged now.</summary>
internal delegate int StagedCensus();

/// <summary>Something put into a volume or taken away, and in no snapshot yet.</summary>
/// <param name="Seq">Its place among the changes of its volume.</param>
/// <param name="Path">Where: the parts of the path with slashes between; with one at the end it is about a directory.</param>
/// <param name="Entry">What is there now; null when it was taken away.</param>
/// <param name="Account">Who did it.</param>
internal sealed record StagedChange(long Seq, byte[] Path, TreeEntry? Entry, string Account)
{
    /// <summary>Whether it is about a directory.</summary>
    public bool IsDirectory => Path[^1] == '/';

    /// <summary>The names of the path.</summary>
    public IReadOnlyList<byte[]> Names => NamesOf(Path);

    /// <summary>The names of a path.</summary>
    public static IReadOnlyList<byte[]> NamesOf(ReadOnlySpan<byte> path)
    {
        var names = new List<byte[]>();
        while (!path.IsEmpty)
        {
            var slash = path.IndexOf((byte)'/');
            names.Add((slash < 0 ? path : path[..slash]).ToArray());
            path = slash < 0 ? default : path[(slash + 1)..];
        }

        return names;
    }
}
