using System.Net;

namespace Adit.Hub.Edge.Gate;

/// <summary>A connection of bytes that has passed a door: closed when the door would not let it in any more.</summary>
/// <param name="mayStay">Whether it would.</param>
/// <param name="close">Closes it; may be called when it is closed already.</param>
internal sealed class PassedDoor(Func<bool> mayStay, Action close) : OpenDoor
{
    public override bool MayStay() => mayStay();

    public override Action Closing() => close;

    /// <summary>Whether a connection that shows nothing may pass a policy: what is left of one where there is no HTTP.</summary>
    public static bool MayPass(RoutePolicy policy, IPAddress? address, TimeProvider time, DoorPass? pass = null) =>
        policy.IsOpen || PolicyJudge.Decide(policy, new PolicyQuestion { Pass = pass ?? DoorPass.Nobody, Address = address, Method = "CONNECT", Now = time.GetUtcNow() }).IsAllowed;
}
