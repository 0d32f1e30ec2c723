using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Adit.Hub.Storage;

namespace Adit.Hub.Edge.Gate;

/// <summary>
/// Tickets, the values of the cookies that open routes: base64url of version (1 byte), kind (1 byte), expiry (Unix seconds, 8 bytes), then
/// host, account and id (each a length byte and UTF-8), then HMAC-SHA256 over all of that. Good for one host; worthless when the session
/// or token that it was given for is no more.
/// </summary>
internal sealed class DoorTickets(byte[] key, TimeProvider time)
{
    /// <summary>How long a ticket lasts that was got by showing a token.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromDays(7);

    /// <summary>How long one lasts that was got by a session: short, for it is renewed in passing while the session lasts.</summary>
    public static readonly TimeSpan SessionLife = TimeSpan.FromMinutes(5);

    /// <summary>How long before its end it is renewed.</summary>
    public static readonly TimeSpan RenewBefore = TimeSpan.FromMinutes(1);

    /// <summary>How long after its end it can still be renewed: a page that was asleep goes on where it was.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(15);

    /// <summary>The longest text of one, in characters.</summary>
    public static readonly int MaxText = Base64Url.GetEncodedLength(MaxLength);

    private const byte Version = 2;
    private const int FixedLength = 10;
    private const int MacLength = HMACSHA256.HashSizeInBytes;
    private const int MaxLength = FixedLength + (3 * 256) + MacLength;

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
    /// <param name="host">Without port, in lower case.</param>
    /// <param name="kind">What it was given for.</param>
    /// <param name="holder">The session, token or grant.</param>
    /// <param name="life">How long it lasts.</param>
    public string Issue(string host, TicketKind kind, DoorKey holder, TimeSpan life)
    {
        Span<byte> bytes = stackalloc byte[MaxLength];
        bytes[0] = Version;
        bytes[1] = (byte)kind;
        BinaryPrimitives.WriteInt64BigEndian(bytes[2..], (time.GetUtcNow() + life).ToUnixTimeSeconds());
        var length = FixedLength;
        length += Put(bytes[length..], host);
        length += Put(bytes[length..], holder.Account);
        length += Put(bytes[length..], holder.TokenId);
        HMACSHA256.HashData(key, bytes[..length], bytes[length..]);
        return Base64Url.EncodeToString(bytes[..(length + MacLength)]);
    }

    /// <summary>Reads a ticket; null when it is not ours or for another host. It may have ended.</summary>
    public DoorTicket? Read(ReadOnlySpan<char> text, ReadOnlySpan<char> host)
    {
        Span<byte> bytes = stackalloc byte[MaxLength];
        if (text.Length > MaxText || Base64Url.DecodeFromChars(text, bytes, out _, out var length) != OperationStatus.Done || length < FixedLength + 3 + MacLength)
            return null; // TryDecodeFromChars throws at what is no base64url.
        Span<byte> mac = stackalloc byte[MacLength];
        var said = bytes[..(length - MacLength)];
        HMACSHA256.HashData(key, said, mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, bytes[(length - MacLength)..length]) || said[0] != Version)
            return null;
        var rest = (ReadOnlySpan<byte>)said[FixedLength..];
        var named = Take(ref rest);
        if (!host.Equals(named, StringComparison.OrdinalIgnoreCase))
            return null;
        var ends = DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64BigEndian(said[2..]));
        return new DoorTicket(text.ToString(), named, (TicketKind)said[1], new DoorKey(Take(ref rest), Take(ref rest)), ends);
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

/// <summary>What a ticket says. Immutable.</summary>
/// <param name="Text">The ticket itself.</param>
/// <param name="Host">The host it is good for.</param>
/// <param name="Kind">What it was given for.</param>
/// <param name="Key">The session, token or grant.</param>
/// <param name="Ends">When it ends.</param>
internal sealed record DoorTicket(string Text, string Host, TicketKind Kind, DoorKey Key, DateTimeOffset Ends);

/// <summary>What tickets are given for.</summary>
internal enum TicketKind : byte
{
    /// <summary>A token that was typed in, or a link with a code.</summary>
    Token = 1,

    /// <summary>The route's own visitor token; the key's account is its fingerprint.</summary>
    Visitor = 2,

    /// <summary>A session of the hub.</summary>
    Session = 3,

    /// <summary>A grant to be shown in a frame; the key's id is the grant's.</summary>
    Embed = 4,
}
