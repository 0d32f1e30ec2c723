using System.Runtime.InteropServices;

namespace Adit.Content.Merging;

/// <summary>A text as lines, each with its end. Bytes, whatever their encoding: what is no UTF-8 stays what it is.</summary>
internal sealed class TextLines
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly List<int> _starts = [];

    public TextLines(ReadOnlyMemory<byte> bytes)
    {
        _bytes = bytes;
        for (var at = 0; at < bytes.Length;)
        {
            _starts.Add(at);
            var end = bytes.Span[at..].IndexOf((byte)'\n');
            at = end < 0 ? bytes.Length : at + end + 1;
        }
    }

    /// <summary>How many lines there are.</summary>
    public int Count => _starts.Count;

    /// <summary>Whether bytes can be taken for text: there is no NUL in them, as in git.</summary>
    public static bool IsText(ReadOnlySpan<byte> bytes) => !bytes.Contains((byte)0);

    /// <summary>Lines one after the other.</summary>
    public ReadOnlySpan<byte> Slice(int start, int end) => start == end ? [] : _bytes.Span[_starts[start]..(end == Count ? _bytes.Length : _starts[end])];

    /// <summary>Numbers for the lines of several texts: the same for the same line.</summary>
    public static int[][] Number(params TextLines[] texts)
    {
        var known = new Dictionary<Line, int>();
        return [.. texts.Select(text =>
        {
            var numbers = new int[text.Count];
            for (var i = 0; i < numbers.Length; i++)
            {
                ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(known, new Line(text, i), out var isKnown);
                numbers[i] = isKnown ? number : (number = known.Count);
            }

            return numbers;
        })];
    }

    private readonly struct Line(TextLines text, int index) : IEquatable<Line>
    {
        private readonly TextLines _text = text;
        private readonly int _index = index;

        private ReadOnlySpan<byte> Bytes => _text.Slice(_index, _index + 1);

        public bool Equals(Line other) => Bytes.SequenceEqual(other.Bytes);

        public override bool Equals(object? obj) => obj is Line other && Equals(other);

        // Seeded by the process, so that nobody chooses lines that are slow to tell apart.
        public override int GetHashCode()
        {
            var hash = default(HashCode);
            hash.AddBytes(Bytes);
            return hash.ToHashCode();
        }
    }
}
