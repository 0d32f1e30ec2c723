using System.Buffers.Binary;
using System.Net.Security;
using System.Text;

namespace Adit.Hub.Tests.Edge.Door;

/// <summary>Makes ClientHellos: real ones, as SslStream writes them, and built ones of any shape.</summary>
internal static class ClientHellos
{
    /// <summary>What a real client sends first.</summary>
    public static async Task<byte[]> RealAsync(string serverName, params string[] protocols)
    {
        var sink = new FirstWrite();
        await using var tls = new SslStream(sink);
        var handshake = tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = serverName,
            ApplicationProtocols = [.. protocols.Select(p => new SslApplicationProtocol(p))],
        });
        await Assert.ThrowsAnyAsync<Exception>(() => handshake.WaitAsync(TimeSpan.FromSeconds(20)));
        return sink.Written;
    }

    /// <summary>A well-formed hello of a given size: padded with an unknown extension, in records of at most <paramref name="fragment"/> bytes.</summary>
    public static byte[] Build(string? serverName, string[] protocols, int padding = 0, int fragment = 16384)
    {
        var extensions = new List<byte>();
        if (serverName is not null)
        {
            byte[] entry = [0, .. Sized16(Encoding.ASCII.GetBytes(serverName))];
            extensions.AddRange([0, 0, .. Sized16(Sized16(entry))]);
        }

        if (protocols.Length > 0)
        {
            byte[] list = [.. protocols.SelectMany(p => (byte[])[(byte)p.Length, .. Encoding.ASCII.GetBytes(p)])];
            extensions.AddRange([0, 16, .. Sized16(Sized16(list))]);
        }

        if (padding > 0)
            extensions.AddRange([0, 21, .. Sized16(new byte[padding])]);

        byte[] body = [3, 3, .. new byte[32], 0, 0, 2, 0x13, 0x01, 1, 0, .. Sized16([.. extensions])];
        byte[] message = [1, (byte)(body.Length >> 16), (byte)(body.Length >> 8), (byte)body.Length, .. body];
        return [.. message.Chunk(fragment).SelectMany(piece => (byte[])[22, 3, 1, .. Sized16(piece)])];
    }

    private static byte[] Sized16(byte[] bytes)
    {
        var sized = new byte[bytes.Length + 2];
        BinaryPrimitives.WriteUInt16BigEndian(sized, (ushort)bytes.Length);
        bytes.CopyTo(sized, 2);
        return sized;
    }

    private sealed class FirstWrite : MemoryStream
    {
        public byte[] Written { get; private set; } = [];

        public override int Read(Span<byte> buffer) => throw new IOException("Nobody answers.");

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromException<int>(new IOException("Nobody answers."));

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Written = [.. Written, .. buffer.Span];
            return default;
        }
    }
}
