namespace Adit.Hub.Edge.Gate;

/// <summary>Who writes down that somebody known was refused. Must not block.</summary>
internal interface IDoorLog
{
    /// <summary>A request was refused.</summary>
    /// <param name="route">The route's name.</param>
    /// <param name="pass">What was shown.</param>
    /// <param name="address">From where; text without port.</param>
    /// <param name="rule">The rule that decided, counted from 1; 0 when none fitted.</param>
    void Denied(string route, DoorPass pass, string? address, int rule);
}
