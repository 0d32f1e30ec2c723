using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Adit.Hub.Edge.Gate;

/// <summary>
/// The codes that the hub's own host hands to a route's host through the browser, once somebody has signed in (as the authorization codes
/// of RFC 6749 with the proof of RFC 7636). Each is good once, for half a minute, for one host, and for whoever began there.
/// </summary>
internal sealed class DanceCodes(TimeProvider time)
{
    /// <summary>How long a code is good.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromSeconds(30);

    private const int Most = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (string Host, string Challenge, DoorKey Holder, long Issued)> _codes = new(StringComparer.Ordinal);

    /// <summary>Makes a code.</summary>
    /// <param name="host">The route's host, without port.</param>
    /// <param name="challenge">What <see cref="ChallengeOf"/> made of the verifier.</param>
    /// <param name="holder">The session.</param>
    /// <returns>Null when too many are outstanding.</returns>
    public string? Issue(string host, string challenge, DoorKey holder)
    {
        lock (_lock)
        {
            if (_codes.Count >= Most)
            {
                foreach (var stale in _codes.Where(c => !IsFresh(c.Value.Issued)).Select(c => c.Key).ToArray())
                    _codes.Remove(stale);
                if (_codes.Count >= Most)
                    return null;
            }

            var code = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
            _codes[code] = (host, challenge, holder, time.GetTimestamp());
            return code;
        }
    }

    /// <summary>Uses a code up, whether or not it fits.</summary>
    public bool TryRedeem(string code, ReadOnlySpan<char> host, ReadOnlySpan<byte> verifier, out DoorKey holder)
    {
        lock (_lock)
        {
            var known = _codes.Remove(code, out var entry);
            holder = entry.Holder;
            return known && IsFresh(entry.Issued) && host.Equals(entry.Host, StringComparison.OrdinalIgnoreCase)
                && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(ChallengeOf(verifier)), Encoding.ASCII.GetBytes(entry.Challenge));
        }
    }

    /// <summary>RFC 7636 section 4.2, S256: the verifier is the base64url text of the bytes.</summary>
    public static string ChallengeOf(ReadOnlySpan<byte> verifier) =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Base64Url.EncodeToString(verifier))));

    // By the clock that nobody can set.
    private bool IsFresh(long issued) => time.GetElapsedTime(issued) <= Life;
}
