namespace Adit.Link;

/// <summary>Who authenticated a link, as the hub's access slice knows it.</summary>
public sealed record LinkPrincipal
{
    /// <summary>The id of the token, for revocation.</summary>
    public required string TokenId { get; init; }

    /// <summary>The account the token belongs to.</summary>
    public required string Account { get; init; }

    /// <summary>Streams at one time over the link.</summary>
    public int MaxStreams { get; init; } = 10_000;
}
