using System.Net;

namespace Adit.Hub.Edge.Gate;

/// <summary>What a <see cref="Gatekeeper"/> works with. What may be null is left out where a hub has no accounts.</summary>
internal sealed class GateParts
{
    /// <summary>Tokens and sessions.</summary>
    public required IDoorKeys Keys { get; init; }

    public required DoorTickets Tickets { get; init; }

    public required SignInCodes SignInCodes { get; init; }

    public required GuessThrottle Throttle { get; init; }

    /// <summary>What has passed and goes on.</summary>
    public required OpenDoors Doors { get; init; }

    public required RouteTable Routes { get; init; }

    public required GateMeter Meter { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>How fast nobody in particular may ask; null for as fast as they like.</summary>
    public AddressRates? Rates { get; init; }

    /// <summary>Signing in at the hub's own host.</summary>
    public Dance? Dance { get; init; }

    /// <summary>Sessions, to be used and ended.</summary>
    public IDoorSessions? Sessions { get; init; }

    public IEmbedGrants? Grants { get; init; }

    /// <summary>Tunnels below paths; null where path mode is off.</summary>
    public PathRoutes? Paths { get; init; }

    /// <summary>Whether people let applications learn who they are.</summary>
    public IConsents? Consents { get; init; }

    public Assertions? Assertions { get; init; }

    public IDoorLog? Log { get; init; }
}

/// <summary>What the gate does to sessions.</summary>
internal interface IDoorSessions
{
    /// <summary>Says that a session is used. Answers from memory and never blocks.</summary>
    void Touch(DoorKey key);

    /// <summary>Ends a session on the whole hub, on its bearer's word.</summary>
    /// <param name="key">Whose.</param>
    /// <param name="client">Where that came from.</param>
    Task EndAsync(DoorKey key, IPAddress? client);
}
