using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Adit.Link;

namespace Adit.Hub.Edge.Forwarding;

/// <summary>
/// Bytes to send as one record, in a rented array that keeps the room for the record's header in front, so that nothing is copied again.
/// </summary>
internal sealed class RecordBuffer
{
    private const int FirstSize = 4 * 1024;

    private byte[] _bytes = [];
    private int _length;

    /// <summary>Payload bytes so far.</summary>
    public int Length => _length - LinkStream.HeaderLength;

    /// <summary>The record, header room included.</summary>
    public Memory<byte> Record => _bytes.AsMemory(0, _length);

    /// <summary>Starts an empty record.</summary>
    public void Start()
    {
        if (_bytes.Length == 0)
            _bytes = ArrayPool<byte>.Shared.Rent(FirstSize);
        _length = LinkStream.HeaderLength;
    }

    /// <summary>Gives the array back.</summary>
    public void Release()
    {
        if (_bytes.Length == 0)
            return;
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        _length = LinkStream.HeaderLength;
    }

    /// <summary>Appends bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Take(bytes.Length));
    }

    /// <summary>Appends a text of ASCII and Latin-1 characters, as Kestrel read it.</summary>
    public void Write(string text) => Encoding.Latin1.GetBytes(text, Take(text.Length));

    /// <summary>Appends a text of ASCII and Latin-1 characters.</summary>
    public void Write(ReadOnlySpan<char> text) => Encoding.Latin1.GetBytes(text, Take(text.Length));

    /// <summary>Appends a field line.</summary>
    public void WriteField(string name, string value)
    {
        Write(name);
        Write(": "u8);
        Write(value);
        Write("\r\n"u8);
    }

    /// <summary>Appends a decimal number.</summary>
    public void Write(long number)
    {
        Utf8Formatter.TryFormat(number, Take(20), out var written);
        _length -= 20 - written;
    }

    private Span<byte> Take(int count)
    {
        if (_bytes.Length - _length < count)
            Grow(count);
        var span = _bytes.AsSpan(_length, count);
        _length += count;
        return span;
    }

    private void Grow(int count)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_bytes.Length * 2, _length + count));
        _bytes.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
