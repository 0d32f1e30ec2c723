namespace Adit.Link;

/// <summary>A data connection that showed a good ticket and is about to be attached to its link.</summary>
public sealed class DataAdmission
{
    private readonly HubLink _link;
    private readonly DataRole _role;
    private readonly TimeProvider _time;

    internal DataAdmission(HubLink link, DataRole role, TimeProvider time)
    {
        _link = link;
        _role = role;
        _time = time;
    }

    /// <summary>Carries streams over the wire until it is dead. Owns the wire from here on.</summary>
    public Task ServeAsync(Wire wire) => _link.AttachAsync(new DataConnection(wire, _time), _role);

    /// <summary>The connection did not come about after all.</summary>
    public void GiveUp() => _link.TicketLost(_role, "the connection broke while it was made");
}
