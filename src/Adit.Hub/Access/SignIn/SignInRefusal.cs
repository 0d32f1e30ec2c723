namespace Adit.Hub.Access.SignIn;

/// <summary>Why somebody does not get in, in one sentence for whoever tries.</summary>
internal sealed class SignInRefusal(SignInRefusalCode code, string message, Exception? cause = null) : Exception(message, cause)
{
    public SignInRefusalCode Code { get; } = code;

    /// <summary>How long to wait before the next try is worth making; null when that is not the trouble.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether somebody called the password wrong on the way, whatever the trouble is that is told.</summary>
    public bool WasGuess { get; private init; }

    /// <summary>The same, after a guess.</summary>
    public SignInRefusal AsGuess() => new(Code, Message, InnerException) { RetryAfter = RetryAfter, WasGuess = true };
}

/// <summary>The kinds of refusals.</summary>
internal enum SignInRefusalCode
{
    /// <summary>The name or the password is wrong: never which.</summary>
    Wrong,

    /// <summary>Too many tries.</summary>
    Throttled,

    /// <summary>Too much to do.</summary>
    Busy,

    /// <summary>It is who it says, but may not come in here.</summary>
    NotAllowed,

    /// <summary>The account is disabled or was deleted.</summary>
    Disabled,

    /// <summary>The name is another source's here.</summary>
    NameTaken,

    /// <summary>The directory or provider cannot be asked.</summary>
    Unreachable,

    /// <summary>The directory or provider answers what it must not.</summary>
    Untrusted,

    /// <summary>The way in was begun elsewhere, or too long ago.</summary>
    Stale,

    /// <summary>There is no such way in.</summary>
    NoSource,
}
