namespace Adit.Hub.Access.Sessions;

/// <summary>What a session begins with.</summary>
/// <param name="Account">The account's name.</param>
/// <param name="Source">Who vouched for it: <c>local</c>, a directory or provider, or <see cref="TokenSource"/> and a token's id.</param>
internal sealed record SessionStart(string Account, string Source)
{
    /// <summary>Before the id of the token that a session was begun with.</summary>
    public const string TokenSource = "token:";

    /// <summary>The provider's own session.</summary>
    public string? ProviderSid { get; init; }

    /// <summary>When it ends at the latest.</summary>
    public DateTimeOffset? NotAfter { get; init; }

    public string? UserAgent { get; init; }

    public string? Address { get; init; }
}

/// <summary>How long sessions last.</summary>
/// <param name="Idle">Without use.</param>
/// <param name="Life">However much they are used.</param>
internal sealed record SessionLimits(TimeSpan Idle, TimeSpan Life);
