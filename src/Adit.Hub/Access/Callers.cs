using Adit.Hub.Access.Sessions;

namespace Adit.Hub.Access;

/// <summary>
/// Whoever came in and is still there: what outlives a request (an open stream of events, a link) asks here whether it may go on. Answers
/// from memory and never blocks.
/// </summary>
internal sealed class Callers(TokenRegistry tokens, ISessions sessions)
{
    /// <summary>The caller as it is now; null when its token or session is no longer good.</summary>
    /// <param name="id">The <see cref="Caller.TokenId"/> it came with.</param>
    public Caller? Find(string id) =>
        id.StartsWith(Session.Prefix, StringComparison.Ordinal) ? sessions.CallerOf(id[Session.Prefix.Length..]) : tokens.Find(id);
}
