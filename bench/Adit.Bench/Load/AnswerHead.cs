using System.Buffers.Text;
using System.Text;

namespace Adit.Bench.Load;

/// <summary>What the load generator needs of an answer's head.</summary>
internal static class AnswerHead
{
    private const int StatusAt = 9; // after "HTTP/1.1 "

    /// <summary>Status and body length of a head; every answer of the backend, through whatever, must be a success with a length.</summary>
    public static (int Status, long Length) Parse(ReadOnlySpan<byte> head)
    {
        if (head.Length < StatusAt + 3 || !Utf8Parser.TryParse(head[StatusAt..], out int status, out _) || status is not (200 or 101))
            throw new IOException($"not an answer of the backend: {Encoding.ASCII.GetString(head)}");

        if (status == 101)
            return (status, 0);

        // Two spellings, as Kestrel and plain servers write it and as lower-case heads do, before a slow search.
        var at = head.IndexOf("Content-Length: "u8);
        if (at < 0)
            at = head.IndexOf("content-length: "u8);

        if (at < 0 || !Utf8Parser.TryParse(head[(at + 16)..], out long length, out _))
            throw new IOException($"an answer without Content-Length: {Encoding.ASCII.GetString(head)}");

        return (status, length);
    }
}
