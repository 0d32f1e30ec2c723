namespace Adit.Hub.Edge.Gate;

/// <summary>What somebody came in with. Immutable.</summary>
internal sealed class DoorPass
{
    /// <summary>Nothing at all.</summary>
    public static readonly DoorPass Nobody = new();

    /// <summary>What kind of thing was shown.</summary>
    public PassKind Kind { get; init; }

    /// <summary>The session or token; default for what belongs to no account.</summary>
    public DoorKey Key { get; init; }

    /// <summary>Who that is; null for nobody known.</summary>
    public IDoorPerson? Person { get; init; }

    /// <summary>
    /// Whether it is a browser that signed in at the hub: its user has to have agreed that the application learns who comes. Programs that
    /// show a token said so themselves.
    /// </summary>
    public bool IsBySession { get; init; }

    /// <summary>The hash that a password or visitor token had, so that a change of it ends what it opened.</summary>
    public byte[]? SecretHash { get; init; }

    /// <summary>The grant by which a page of somebody else shows the route in a frame.</summary>
    public EmbedGrant? Grant { get; init; }

    /// <summary>By a grant, which of its visitors: random, then a dot and what its signature said of it, if it said anything.</summary>
    public string Visitor { get; init; } = "";

    /// <summary>By a grant, when the ticket ends.</summary>
    public DateTimeOffset? Ends { get; init; }
}

/// <summary>The kinds of <see cref="DoorPass"/>.</summary>
internal enum PassKind : byte
{
    /// <summary>Nothing was shown.</summary>
    None,

    /// <summary>A session or token of an account.</summary>
    Person,

    /// <summary>The route's password.</summary>
    Basic,

    /// <summary>The route's visitor token.</summary>
    Visitor,

    /// <summary>A grant to be shown in a frame.</summary>
    Embed,
}
