using System.Buffers.Binary;
using System.Net;
using System.Text;
using Adit.Hub.Edge.Door;

namespace Adit.Hub.Tests.Edge.Door;

public sealed class ProxyHeaderTests
{
    [Theory]
    [InlineData("PROXY TCP4 203.0.113.7 10.0.0.1 51234 443\r\n", "203.0.113.7:51234")]
    [InlineData("PROXY TCP6 2001:db8::7 2001:db8::1 51234 443\r\n", "[2001:db8::7]:51234")]
    [InlineData("PROXY UNKNOWN\r\n", null)]
    [InlineData("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", null)]
    public void A_version_1_line_is_read(string line, string? source)
    {
        var header = ProxyHeader.Read(Encoding.ASCII.GetBytes(line + "GET / HTTP/1.1\r\n"));
        Assert.Equal(ProxyHeaderState.Complete, header.State);
        Assert.Equal(line.Length, header.Length);
        Assert.Equal(source, header.Source?.ToString());
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("PROXY TCP4 203.0.113.7 10.0.0.1 51234\r\n")]
    [InlineData("PROXY TCP4 203.0.113.7 10.0.0.1 51234 65536\r\n")]
    [InlineData("PROXY TCP4 203.0.113.7 10.0.0.1 051234 443\r\n")]
    [InlineData("PROXY TCP4  203.0.113.7 10.0.0.1 51234 443\r\n")]
    [InlineData("PROXY TCP4 203.0.113 10.0.0.1 51234 443\r\n")]
    [InlineData("PROXY TCP4 2001:db8::7 10.0.0.1 51234 443\r\n")]
    [InlineData("PROXY TCP6 fe80::1%eth0 ::1 51234 443\r\n")]
    [InlineData("PROXY UDP4 203.0.113.7 10.0.0.1 51234 443\r\n")]
    [InlineData("PROXY TCP4 203.0.113.7 10.0.0.1 -1 443\r\n")]
    [InlineData("PROXY TCP4 203.0.113.7\n 10.0.0.1 1 443\r\n")]
    [InlineData("PROXX")]
    public void A_broken_line_is_refused(string line) =>
        Assert.Equal(ProxyHeaderState.Malformed, ProxyHeader.Read(Encoding.ASCII.GetBytes(line)).State);

    [Fact]
    public void A_line_without_end_is_refused_at_the_longest_length()
    {
        Assert.Equal(ProxyHeaderState.Incomplete, ProxyHeader.Read(Encoding.ASCII.GetBytes("PROXY UNKNOWN " + new string('x', 80))).State);
        Assert.Equal(ProxyHeaderState.Malformed, ProxyHeader.Read(Encoding.ASCII.GetBytes("PROXY UNKNOWN " + new string('x', 200))).State);
    }

    [Fact]
    public void A_binary_header_with_unknown_TLVs_is_read_and_they_are_skipped()
    {
        byte[] tlvs = [0xE1, 0, 3, 1, 2, 3, 0x04, 0, 0];
        var bytes = Binary(0x21, 0x11, [203, 0, 113, 7, 10, 0, 0, 1, 0xC8, 0x22, 0x01, 0xBB, .. tlvs]);
        var header = ProxyHeader.Read([.. bytes, .. "GET"u8]);
        Assert.Equal(ProxyHeaderState.Complete, header.State);
        Assert.Equal(bytes.Length, header.Length);
        Assert.Equal(new IPEndPoint(IPAddress.Parse("203.0.113.7"), 51234), header.Source);
    }

    [Fact]
    public void A_binary_header_for_IPv6_is_read()
    {
        var source = IPAddress.Parse("2001:db8::7");
        byte[] addresses = [.. source.GetAddressBytes(), .. IPAddress.IPv6Loopback.GetAddressBytes(), 0xC8, 0x22, 0x01, 0xBB];
        Assert.Equal(new IPEndPoint(source, 51234), ProxyHeader.Read(Binary(0x21, 0x21, addresses)).Source);
    }

    [Theory]
    [InlineData(0x20, 0x00, 0)]
    [InlineData(0x20, 0x11, 12)]
    [InlineData(0x20, 0xFF, 5)]
    [InlineData(0x21, 0x00, 7)]
    [InlineData(0x21, 0x31, 216)]
    public void A_header_without_a_visitor_names_none(byte command, byte family, int length)
    {
        var header = ProxyHeader.Read(Binary(command, family, new byte[length]));
        Assert.Equal(ProxyHeaderState.Complete, header.State);
        Assert.Equal(16 + length, header.Length);
        Assert.Null(header.Source);
    }

    [Theory]
    [InlineData(0x11, 0x11, 12)]
    [InlineData(0x22, 0x11, 12)]
    [InlineData(0x21, 0x12, 12)]
    [InlineData(0x21, 0x11, 11)]
    [InlineData(0x21, 0x21, 35)]
    [InlineData(0x21, 0x41, 12)]
    [InlineData(0x21, 0x11, 5000)]
    public void A_broken_binary_header_is_refused(byte command, byte family, int length) =>
        Assert.Equal(ProxyHeaderState.Malformed, ProxyHeader.Read(Binary(command, family, new byte[length])).State);

    [Fact]
    public void Every_cut_of_a_header_is_incomplete_and_every_flipped_byte_is_survived()
    {
        byte[][] headers =
        [
            "PROXY TCP4 203.0.113.7 10.0.0.1 51234 443\r\n"u8.ToArray(),
            Binary(0x21, 0x11, [203, 0, 113, 7, 10, 0, 0, 1, 0xC8, 0x22, 0x01, 0xBB, 1, 0, 1, 9]),
        ];
        foreach (var header in headers)
        {
            for (var length = 0; length < header.Length; length++)
                Assert.Equal(ProxyHeaderState.Incomplete, ProxyHeader.Read(header.AsSpan(0, length)).State);
            for (var at = 0; at < header.Length; at++)
            {
                for (var value = 0; value < 256; value++)
                {
                    var mutated = header.ToArray();
                    mutated[at] = (byte)value;
                    var read = ProxyHeader.Read(mutated);
                    Assert.True(read.State != ProxyHeaderState.Complete || read.Length <= mutated.Length);
                }
            }
        }
    }

    internal static byte[] Binary(byte command, byte family, byte[] rest)
    {
        byte[] head = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A, command, family, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(14), (ushort)rest.Length);
        return [.. head, .. rest];
    }
}
