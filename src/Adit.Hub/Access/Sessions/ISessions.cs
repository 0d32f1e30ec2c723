namespace Adit.Hub.Access.Sessions;

/// <summary>What others need to know of sessions. Answers from memory and never blocks.</summary>
internal interface ISessions
{
    /// <summary>A session is no more: signed out, revoked, over, or its account may do nothing any more. Its id; handlers must not block.</summary>
    event Action<string>? Ended;

    /// <summary>The session of this id (without <see cref="Session.Prefix"/>) if it is good now. Does not count as use.</summary>
    Session? Find(string id);

    /// <summary>Who acts by this session, with the account as it is now; null when it is no longer good. Does not count as use.</summary>
    Caller? CallerOf(string id);

    /// <summary>Says that a session was used, so that it does not end for idleness.</summary>
    void Touch(string id);
}
