using System.Security.Cryptography;

namespace Adit.Hub.Edge.Gate;

/// <summary>
/// Codes that open one host once, within a minute: what <c>sign-in-link</c> puts into the fragment of an address, so that a browser gets
/// in without its user handling a token.
/// </summary>
internal sealed class SignInCodes(TimeProvider time)
{
    /// <summary>How long a code is good.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(1);

    private const int Most = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (string Host, DoorKey Holder, long Issued)> _codes = [];

    /// <summary>Makes a code for the holder of a token, for a host name without port.</summary>
    /// <returns>The code; the address is <c>/_adit/sign-in#code=CODE</c> on that host. Null when too many are outstanding.</returns>
    public string? Issue(string host, DoorKey holder)
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

            var code = RandomNumberGenerator.GetHexString(32, lowercase: true);
            _codes[code] = (host, holder, time.GetTimestamp());
            return code;
        }
    }

    /// <summary>Uses a code up.</summary>
    public bool TryRedeem(string code, ReadOnlySpan<char> host, out DoorKey holder)
    {
        lock (_lock)
        {
            var known = _codes.Remove(code, out var entry);
            holder = entry.Holder;
            return known && IsFresh(entry.Issued) && host.Equals(entry.Host, StringComparison.OrdinalIgnoreCase);
        }
    }

    // By the clock that nobody can set: a code must not live for a day because the wall clock was put back.
    private bool IsFresh(long issued) => time.GetElapsedTime(issued) <= Life;
}
