namespace Adit.Hub.Edge.Gate;

/// <summary>
/// Who has to wait before showing another credential: at the API and at tunnels, each by itself, so that a visitor who guesses a tunnel's
/// password does not lock the clients and people behind the same address out of the hub.
/// </summary>
internal sealed class GuessThrottles(TimeProvider time)
{
    /// <summary>At the API, where even the right token has to wait: it cannot be guessed, but trying costs the hub.</summary>
    public GuessThrottle Api { get; } = new(most: 20, time);

    /// <summary>At tunnels, for passwords and visitor tokens that people chose. Tokens of accounts are not subject to it.</summary>
    public GuessThrottle Tunnels { get; } = new(most: 10, time);

    /// <summary>Wrong credentials since the start, for metrics.</summary>
    public long Total => Api.Total + Tunnels.Total;
}
