using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Edge.Forwarding;
using Adit.Hub.Edge.Gate;

namespace Adit.Hub.Access.Devices;

/// <summary>
/// Programs that wait for somebody to confirm them (RFC 8628). In memory only: who restarts a hub within these minutes asks again. Bounded
/// over all and for each network; codes are kept as hashes, so that a dump of memory lets nobody in.
/// </summary>
internal sealed class DeviceBook(TimeProvider time)
{
    /// <summary>How long codes are good.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    /// <summary>How long a program waits between two questions, to begin with.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private const int Most = 1000;
    private const int MostOfNetwork = 20;

    // No vowels, so that no words come up; nothing that looks like something else (RFC 8628 6.1).
    private const string Letters = "BCDFGHJKLMNPQRSTVWXZ";
    private const int LettersOfCode = 8;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, DeviceWait> _byDevice = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DeviceWait> _byUser = new(StringComparer.Ordinal);

    /// <summary>A program begins to wait; null when too many do already.</summary>
    public (string DeviceCode, string UserCode)? Begin(string clientName, IPAddress? peer)
    {
        var network = ClientNetwork.Of(peer);
        var device = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        lock (_lock)
        {
            Forget();
            if (_byDevice.Count >= Most || _byDevice.Values.Count(w => w.Network == network) >= MostOfNetwork)
                return null;
            string user;
            do
            {
                user = RandomNumberGenerator.GetString(Letters, LettersOfCode);
            }
            while (_byUser.ContainsKey(Hash(user)));
            var wait = new DeviceWait(clientName, peer is null ? null : ForwardedFields.Text(peer), network, time.GetUtcNow(), time.GetTimestamp(), Hash(device), Hash(user));
            _byDevice[wait.DeviceHash] = wait;
            _byUser[wait.UserHash] = wait;
            return (device, $"{user[..4]}-{user[4..]}");
        }
    }

    /// <summary>The program that shows this code and still waits for a decision; null when there is none.</summary>
    public DeviceWait? FindWaiting(string userCode)
    {
        lock (_lock)
            return _byUser.TryGetValue(Hash(Plain(userCode)), out var wait) && IsFresh(wait) && wait.Decision is null ? wait : null;
    }

    /// <summary>Somebody has decided. False when somebody else was faster, or it is over.</summary>
    public bool Decide(DeviceWait wait, DeviceDecision decision)
    {
        lock (_lock)
        {
            if (!IsFresh(wait) || wait.Decision is not null)
                return false;
            wait.Decision = decision;
            _byUser.Remove(wait.UserHash); // Good for one decision.
            return true;
        }
    }

    /// <summary>The program asks whether it is confirmed. A decision is told once.</summary>
    public (DeviceAnswer Answer, DeviceWait? Wait) Ask(string deviceCode)
    {
        lock (_lock)
        {
            if (!_byDevice.TryGetValue(Hash(deviceCode), out var wait) || !IsFresh(wait))
                return (DeviceAnswer.Expired, null);
            if (wait.Decision is { } decision)
            {
                _byDevice.Remove(wait.DeviceHash);
                return (decision.IsApproved ? DeviceAnswer.Approved : DeviceAnswer.Denied, wait);
            }

            var isTooSoon = wait.AskedAt is { } last && time.GetElapsedTime(last) < wait.Interval - TimeSpan.FromMilliseconds(500); // Clocks and networks are not exact.
            wait.AskedAt = time.GetTimestamp();
            if (!isTooSoon)
                return (DeviceAnswer.Pending, wait);
            wait.Interval += Interval;
            return (DeviceAnswer.TooSoon, wait);
        }
    }

    /// <summary>A code as it is compared: people type it with and without hyphen, in small letters, with spaces.</summary>
    public static string Plain(string userCode) => string.Concat(userCode.Where(char.IsAsciiLetter).Take(LettersOfCode + 1)).ToUpperInvariant();

    private bool IsFresh(DeviceWait wait) => time.GetElapsedTime(wait.Since) < Life;

    private void Forget()
    {
        foreach (var wait in _byDevice.Values.Where(w => !IsFresh(w)).ToList())
        {
            _byDevice.Remove(wait.DeviceHash);
            _byUser.Remove(wait.UserHash);
        }
    }

    private static string Hash(string code) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(code)));
}

/// <summary>A program that waits. Changed by <see cref="DeviceBook"/> only.</summary>
internal sealed class DeviceWait(string clientName, string? address, UInt128 network, DateTimeOffset created, long since, string deviceHash, string userHash)
{
    public string ClientName => clientName;

    /// <summary>Where it asked from.</summary>
    public string? Address => address;

    /// <summary>By what those of one place are counted.</summary>
    public UInt128 Network => network;

    public DateTimeOffset Created => created;

    /// <summary>The same on the clock that nobody puts back.</summary>
    public long Since => since;

    public string DeviceHash => deviceHash;

    public string UserHash => userHash;

    /// <summary>How long it shall wait between two questions.</summary>
    public TimeSpan Interval { get; set; } = DeviceBook.Interval;

    /// <summary>When it last asked.</summary>
    public long? AskedAt { get; set; }

    public DeviceDecision? Decision { get; set; }
}

/// <summary>What somebody decided about a program.</summary>
/// <param name="IsApproved">Whether it gets a token.</param>
/// <param name="By">Who decided, and as whom it will act.</param>
/// <param name="Scopes">What it may do.</param>
/// <param name="IsAdmin">Whether it may see and change everything.</param>
/// <param name="Life">How long its token is good.</param>
/// <param name="Address">Where the decision came from.</param>
internal sealed record DeviceDecision(bool IsApproved, Caller By, ScopeSet Scopes, bool IsAdmin, TimeSpan Life, string? Address);

/// <summary>What a program is told.</summary>
internal enum DeviceAnswer
{
    Pending,
    TooSoon,
    Approved,
    Denied,
    Expired,
}
