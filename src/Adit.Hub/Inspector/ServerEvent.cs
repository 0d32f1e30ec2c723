using System.Globalization;
using System.Text;

namespace Adit.Hub.Inspector;

/// <summary>An event as it goes over the wire (text/event-stream, WHATWG HTML section 9.2), made once for all listeners.</summary>
internal sealed class ServerEvent
{
    /// <summary>A comment: keeps proxies from closing a quiet connection.</summary>
    public static readonly byte[] Heartbeat = ": still here\n\n"u8.ToArray();

    /// <summary>Opens a stream: when to come back after it broke.</summary>
    public static readonly byte[] Opening = "retry: 2000\n\n"u8.ToArray();

    private ServerEvent(byte[] bytes) => Bytes = bytes;

    public byte[] Bytes { get; }

    /// <summary>Makes one. JSON has no line breaks of its own, so that one data line holds it.</summary>
    public static ServerEvent Of(string type, ReadOnlySpan<byte> json) =>
        new([.. Encoding.ASCII.GetBytes($"event: {type}\ndata: "), .. json, .. "\n\n"u8]);

    /// <summary>Tells a listener how many events it was too slow for.</summary>
    public static byte[] Missed(long count) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"event: missed\ndata: {{\"count\":{count}}}\n\n"));
}
