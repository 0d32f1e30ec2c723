using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Adit.Hub.Storage;

namespace Adit.Hub.Edge.Gate;

/// <summary>
/// The value of the cookie <c>adit_ticket</c>: base64url of version (1 byte), expiry (Unix seconds, 8 bytes), then host, account and token
/// id (each a length byte and UTF-8), then HMAC-SHA256 over all of that. Good for one host; worthless when its token is revoked.
/// </summary>
internal sealed class DoorTickets(byte[] key, TimeProvider time)
{
    /// <summary>How long a ticket lasts.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromDays(7);

    private const byte Version = 1;
    private const int MacLength = HMACSHA256.HashSizeInBytes;
    private const int MaxLength = 1 + 8 + (3 * 256) + MacLength;

    /// <summary>Reads the key of a data directory, making one at first.</summary>
    public static byte[] KeyIn(string dataDirectory)
    {
        var path = Path.Combine(dataDirectory, "door.key");
        if (File.Exists(path) && File.ReadAllBytes(path) is { Length: 32 } known)
            return known;
        var key = RandomNumberGenerator.GetBytes(32);
        Directory.CreateDirectory(dataDirectory);
        DataDirectory.WriteSecretFile(path, key);
        return key;
    }

    /// <summary>Makes a ticket.</summary>
    public string Issue(string host, DoorKey holder)
    {
        Span<byte> bytes = stackalloc byte[MaxLength];
        bytes[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(bytes[1..], (time.GetUtcNow() + Life).ToUnixTimeSeconds());
        var length = 9;
        length += Put(bytes[length..], host);
        length += Put(bytes[length..], holder.Account);
        length += Put(bytes[length..], holder.TokenId);
        HMACSHA256.HashData(key, bytes[..length], bytes[length..]);
        return Base64Url.EncodeToString(bytes[..(length + MacLength)]);
    }

    /// <summary>Reads a ticket; false when it is not ours, for another host, or expired.</summary>
    public bool TryRead(ReadOnlySpan<char> ticket, ReadOnlySpan<char> host, out DoorKey holder)
    {
        holder = default;
        Span<byte> bytes = stackalloc byte[MaxLength];
        if (ticket.Length > Base64Url.GetEncodedLength(MaxLength) || !Base64Url.TryDecodeFromChars(ticket, bytes, out var length)
            || length < 9 + 3 + MacLength)
        {
            return false;
        }

        Span<byte> mac = stackalloc byte[MacLength];
        var said = bytes[..(length - MacLength)];
        HMACSHA256.HashData(key, said, mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, bytes[(length - MacLength)..length]) || said[0] != Version
            || BinaryPrimitives.ReadInt64BigEndian(said[1..]) < time.GetUtcNow().ToUnixTimeSeconds())
        {
            return false;
        }

        var rest = (ReadOnlySpan<byte>)said[9..];
        if (!host.Equals(Take(ref rest), StringComparison.OrdinalIgnoreCase))
            return false;
        holder = new DoorKey(Take(ref rest), Take(ref rest));
        return true;
    }

    private static int Put(Span<byte> bytes, string text)
    {
        var count = Encoding.UTF8.GetBytes(text, bytes[1..256]);
        bytes[0] = (byte)count;
        return count + 1;
    }

    private static string Take(ref ReadOnlySpan<byte> rest)
    {
        var text = Encoding.UTF8.GetString(rest.Slice(1, rest[0]));
        rest = rest[(1 + rest[0])..];
        return text;
    }
}
