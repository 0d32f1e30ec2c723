using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Adit.Hub.Edge.Gate;

/// <summary>By what clients are told apart where their number is bounded: an IPv4 address, or the first 64 bits of an IPv6 one, since who has one has all of its network.</summary>
internal static class ClientNetwork
{
    /// <summary>The network of an address; 0 for none.</summary>
    public static UInt128 Of(IPAddress? address)
    {
        if (address is null)
            return 0;
        Span<byte> bytes = stackalloc byte[16];
        address.MapToIPv6().TryWriteBytes(bytes, out _);
        if (address.AddressFamily == AddressFamily.InterNetworkV6 && !address.IsIPv4MappedToIPv6)
            bytes[8..].Clear();
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
