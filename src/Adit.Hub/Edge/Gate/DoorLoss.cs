namespace Adit.Hub.Edge.Gate;

/// <summary>Why somebody who has passed a door would not pass it now.</summary>
internal enum DoorLoss : byte
{
    /// <summary>It would.</summary>
    None,

    /// <summary>What was shown is no longer good, or nothing was shown and that is no longer enough: signing in may help.</summary>
    SignedOut,

    /// <summary>Whoever it is may not.</summary>
    NotAllowed,
}
