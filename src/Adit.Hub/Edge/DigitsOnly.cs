using System.Text;

namespace Adit.Hub.Edge;

/// <summary>
/// How the web server reads a Content-Length: digits and nothing else (RFC 9110 section 8.6). By itself it takes <c>+5</c> and <c>-0</c>, which another
/// reader on the way may have understood otherwise. What is no digit becomes what no number has, and the server answers 400.
/// </summary>
internal sealed class DigitsOnly : Encoding
{
    /// <inheritdoc/>
    /// <remarks>No more than there is room for: the server refuses what fills all of its own.</remarks>
    public override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars)
    {
        var count = Math.Min(bytes.Length, chars.Length);
        for (var i = 0; i < count; i++)
            chars[i] = bytes[i] is >= (byte)'0' and <= (byte)'9' ? (char)bytes[i] : '\uFFFD';
        return count;
    }

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) => GetChars(bytes.AsSpan(byteIndex, byteCount), chars.AsSpan(charIndex));

    public override int GetCharCount(byte[] bytes, int index, int count) => count;

    public override int GetMaxCharCount(int byteCount) => byteCount;

    public override int GetByteCount(char[] chars, int index, int count) => throw new NotSupportedException("Fields are read by it, and not written.");

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) => throw new NotSupportedException("Fields are read by it, and not written.");

    public override int GetMaxByteCount(int charCount) => charCount;
}
