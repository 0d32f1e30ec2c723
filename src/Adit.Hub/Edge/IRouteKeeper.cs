using Adit.Hub.Edge.Forwarding;

namespace Adit.Hub.Edge;

/// <summary>
/// Keeps the application behind a route: stands in for it while it is not there, and wants to know of its use. Asked on the request's own
/// path when the gate has let the visitor in.
/// </summary>
internal interface IRouteKeeper
{
    /// <summary>Where its use is written down.</summary>
    RouteUse Use { get; }

    /// <summary>Whether the application is halted and has to be woken before anything reaches it. Answers from memory.</summary>
    bool Sleeps { get; }

    /// <summary>Whether a target on the application's host is the keeper's own, though it is one of <see cref="Gate.Gatekeeper.OwnPaths"/>.</summary>
    bool Owns(string target);

    /// <summary>Answers a visitor, or holds the request back until the application is there. Reads no body.</summary>
    /// <returns>Whether the application is there now, so that the request goes on to it; otherwise it was answered.</returns>
    /// <exception cref="ForwardException">It is not there, and the visitor is to be told so.</exception>
    Task<bool> StandInAsync(Visit visit, Route route);
}
