using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Adit.Hub.Edge.Forwarding;

/// <summary>Writes the chunked coding to a visitor.</summary>
internal static class OutgoingChunks
{
    /// <summary>The line before a chunk's data.</summary>
    public static void WriteSize(IBufferWriter<byte> writer, int size)
    {
        var span = writer.GetSpan(10);
        Utf8Formatter.TryFormat(size, span, out var digits, 'x');
        "\r\n"u8.CopyTo(span[digits..]);
        writer.Advance(digits + 2);
    }

    /// <summary>The last chunk and the trailers.</summary>
    public static void WriteEnd(IBufferWriter<byte> writer, IReadOnlyList<KeyValuePair<string, string>> trailers)
    {
        writer.Write("0\r\n"u8);
        for (var i = 0; i < trailers.Count; i++)
        {
            var (name, value) = trailers[i];
            if (HeaderRoles.MayBeTrailer(name))
                writer.Write(Encoding.Latin1.GetBytes($"{name}: {value}\r\n"));
        }

        writer.Write("\r\n"u8);
    }
}
