using Adit.Content.Trees;

namespace Adit.Content.Files;

/// <summary>The names in a directory, sorted by their bytes. For one thread; used again for the next directory.</summary>
internal sealed class NameList
{
    private readonly List<(int Start, int Length)> _names = [];
    private ByteWriter _bytes = new(4096);

    public int Count => _names.Count;

    public ReadOnlySpan<byte> this[int index] => _bytes.Written.Slice(_names[index].Start, _names[index].Length);

    /// <summary>Takes the names that are in a directory now.</summary>
    public void Read(IOpenDirectory directory)
    {
        _names.Clear();
        _bytes.Clear();
        directory.List(name =>
        {
            _names.Add((_bytes.Length, name.Length));
            _bytes.Bytes(name);
        });
        _names.Sort((a, b) => _bytes.Written.Slice(a.Start, a.Length).SequenceCompareTo(_bytes.Written.Slice(b.Start, b.Length)));
    }
}
