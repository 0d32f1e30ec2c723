using System.Collections.Concurrent;
using Adit.Hub.Access.Sessions;

namespace Adit.Hub.Access.SignIn.Oidc;

/// <summary>
/// The id tokens by which a provider knows whose session ends there (<c>id_token_hint</c>), for as long as the session here lasts. In memory
/// only: what a provider says of people is not kept on a disk for a question that it asks again without it. After a restart of the hub the
/// provider asks whether one wants to sign out.
/// </summary>
internal sealed class OidcHints : IDisposable
{
    /// <summary>The longest that is kept, in characters: it becomes a part of an address.</summary>
    public const int Longest = 4096;

    private const int Most = 10_000;

    private readonly ConcurrentDictionary<string, string> _hints = new(StringComparer.Ordinal);
    private readonly SessionRegistry _sessions;

    public OidcHints(SessionRegistry sessions)
    {
        _sessions = sessions;
        sessions.Ended += Forget;
    }

    /// <summary>How many there are.</summary>
    public int Count => _hints.Count;

    /// <summary>Keeps one for a session that there is.</summary>
    public void Remember(string session, string idToken)
    {
        if (idToken.Length > Longest || _hints.Count >= Most)
            return;
        _hints[session] = idToken;
        if (_sessions.Find(session) is null) // It has ended meanwhile, and whoever said so found nothing here.
            Forget(session);
    }

    /// <summary>That of a session, which it is forgotten for.</summary>
    public string? Take(string session) => _hints.TryRemove(session, out var hint) ? hint : null;

    /// <inheritdoc />
    public void Dispose() => _sessions.Ended -= Forget;

    private void Forget(string session) => _hints.TryRemove(session, out _);
}
