namespace Adit.Link;

/// <summary>
/// A data connection that showed a good ticket and is about to be attached to its link. Disposed of without having been served, it says
/// that the connection did not come about after all.
/// </summary>
public sealed class DataAdmission : IDisposable
{
    private readonly HubLink _link;
    private readonly DataRole _role;
    private readonly TimeProvider _time;
    private bool _isSpent;

    internal DataAdmission(HubLink link, DataRole role, TimeProvider time)
    {
        _link = link;
        _role = role;
        _time = time;
    }

    /// <summary>Carries streams over the wire until it is dead. Owns the wire from here on.</summary>
    public Task ServeAsync(Wire wire)
    {
        _isSpent = true;
        return _link.AttachAsync(new DataConnection(wire, _time), _role);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (!_isSpent)
            _link.TicketLost(_role, "the connection broke while it was made");
        _isSpent = true;
    }
}
