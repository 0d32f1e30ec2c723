using System.Security.Cryptography;

namespace Adit.Hub.Edge.Forwarding;

/// <summary>Ids of requests: 7 characters of this process and 7 that count, in base 32 without look-alikes. Unique, not secret.</summary>
internal sealed class RequestIds
{
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    private const int Half = 7;

    private readonly ulong _process = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
    private long _last;

    public string Next() => string.Create(2 * Half, (_process, (ulong)Interlocked.Increment(ref _last)), static (chars, state) =>
    {
        var (process, count) = state;
        for (var i = Half - 1; i >= 0; i--)
        {
            chars[i] = Alphabet[(int)(process & 31)];
            chars[Half + i] = Alphabet[(int)(count & 31)];
            process >>= 5;
            count >>= 5;
        }
    });
}
