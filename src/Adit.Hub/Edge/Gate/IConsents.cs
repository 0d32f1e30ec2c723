namespace Adit.Hub.Edge.Gate;

/// <summary>Whether people let applications learn who they are. Asked for each request by session: answers from memory and never blocks.</summary>
internal interface IConsents
{
    /// <summary>Whether a person has to be asked before a route's application learns who it is.</summary>
    bool IsNeeded(Route route, IDoorPerson person);
}
