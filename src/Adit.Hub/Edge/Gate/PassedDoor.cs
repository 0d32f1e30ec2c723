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
    public static bool MayPass(RoutePolicy policy, IPAddress? address, TimeProvider time) =>
        policy.IsOpen || Decide(policy, address, time, DoorPass.Nobody).IsAllowed;

    /// <summary>What a policy says to a connection of bytes, which has neither method nor path.</summary>
    public static PolicyAnswer Decide(RoutePolicy policy, IPAddress? address, TimeProvider time, DoorPass pass) =>
        PolicyJudge.Decide(policy, new PolicyQuestion { Pass = pass, Address = address, Method = "CONNECT", Now = time.GetUtcNow() });
}
