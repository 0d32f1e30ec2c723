using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Adit.Hub.Edge.Gate;

/// <summary>
/// The signatures that let visitors in, each of which is good once. Remembered for as long as one can be good, in two halves that take
/// turns, so that nothing has to be looked for to be forgotten. Bounded: whoever signs more than that is told to wait, for forgetting one
/// too early would make it good again. What was signed before the hub's start does not count: it may have been used.
/// </summary>
internal sealed class UsedSignatures(TimeProvider time)
{
    /// <summary>What one grant may use in <see cref="Turn"/>.</summary>
    public const int MostOfGrant = 5_000;

    private const int Most = 200_000;
    private static readonly TimeSpan Turn = EmbedSignature.Longest + TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly long _started = time.GetUtcNow().ToUnixTimeSeconds();
    private HashSet<UInt128> _new = [];
    private HashSet<UInt128> _old = [];
    private Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private long _turned = time.GetTimestamp();

    /// <summary>Uses one up.</summary>
    /// <returns>Null when that was its first time; else why it does not count.</returns>
    public string? Use(string grant, EmbedClaims claims)
    {
        if (claims.Issued < _started)
            return "it was signed before the hub started; a new one is good";
        var key = BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{grant}\n{claims.Id}")));
        lock (_lock)
        {
            TakeTurns();
            if (_new.Contains(key) || _old.Contains(key))
                return "it was used before";
            var count = _counts.GetValueOrDefault(grant);
            if (count >= MostOfGrant || _new.Count >= Most)
                return "too many were used in the last minute";
            _counts[grant] = count + 1;
            _new.Add(key);
            return null;
        }
    }

    private void TakeTurns()
    {
        var passed = time.GetElapsedTime(_turned);
        if (passed < Turn)
            return;
        _old = passed < Turn + Turn ? _new : [];
        (_new, _counts, _turned) = ([], new(StringComparer.Ordinal), time.GetTimestamp());
    }
}
