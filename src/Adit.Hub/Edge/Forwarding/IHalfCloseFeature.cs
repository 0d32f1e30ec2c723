namespace Adit.Hub.Edge.Forwarding;

/// <summary>
/// A feature of visitors' connections. Kestrel takes the end of a visitor's direction for the end of the connection, which is right for
/// requests (browsers go away like that) and wrong once a connection was upgraded and has two independent directions.
/// </summary>
internal interface IHalfCloseFeature
{
    /// <summary>From now on the visitor's end of sending does not abort the connection.</summary>
    void AllowHalfClose();
}
