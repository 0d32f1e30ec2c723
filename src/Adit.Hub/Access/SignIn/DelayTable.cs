namespace Adit.Hub.Access.SignIn;

/// <summary>
/// Who has to wait how long: the first <paramref name="free"/> tries of a key cost nothing, each further one twice the wait of the one
/// before, up to <paramref name="most"/>. A key is forgotten when nothing was tried for <see cref="Memory"/>. Bounded: when too many are
/// known, those tried longest ago are forgotten first.
/// </summary>
internal sealed class DelayTable(int free, TimeSpan most, TimeProvider time)
{
    /// <summary>How long tries count.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(15);

    private const int MostKeys = 20_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (int Tries, long Last)> _keys = new(StringComparer.Ordinal);

    /// <summary>How long this key has to wait from now; zero when it may try.</summary>
    public TimeSpan WaitOf(string key)
    {
        lock (_lock)
        {
            if (!_keys.TryGetValue(key, out var seen) || seen.Tries < free)
                return TimeSpan.Zero;
            var passed = time.GetElapsedTime(seen.Last);
            var wait = passed > Memory ? TimeSpan.Zero : DelayAfter(seen.Tries) - passed;
            return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
        }
    }

    /// <summary>A try begins. It counts as failed until it is <see cref="TakeBack">taken back</see>, so that many at once are many.</summary>
    public void Begin(string key)
    {
        lock (_lock)
        {
            if (_keys.Count >= MostKeys && !_keys.ContainsKey(key))
                ForgetOldest();
            _keys[key] = (_keys.TryGetValue(key, out var seen) && time.GetElapsedTime(seen.Last) <= Memory ? seen.Tries + 1 : 1, time.GetTimestamp());
        }
    }

    /// <summary>A try was no guess after all.</summary>
    public void TakeBack(string key)
    {
        lock (_lock)
        {
            if (_keys.TryGetValue(key, out var seen) && seen.Tries > 1)
                _keys[key] = (seen.Tries - 1, seen.Last);
            else
                _keys.Remove(key);
        }
    }

    /// <summary>Forgets all tries of a key.</summary>
    public void Forget(string key)
    {
        lock (_lock)
        {
            _keys.Remove(key);
        }
    }

    private TimeSpan DelayAfter(int tries)
    {
        var seconds = Math.Pow(2, Math.Min(tries - free, 20));
        return seconds < most.TotalSeconds ? TimeSpan.FromSeconds(seconds) : most;
    }

    private void ForgetOldest()
    {
        foreach (var key in _keys.OrderBy(static k => k.Value.Last).Take(MostKeys / 4).Select(static k => k.Key).ToArray())
            _keys.Remove(key);
    }
}
