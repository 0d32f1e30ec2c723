namespace Adit.Link;

/// <summary>A stream ended abruptly: the peer reset it, or the connection that carried it was lost.</summary>
public sealed class LinkStreamException(ResetCode code, string reason, Exception? inner = null) : IOException(reason, inner)
{
    /// <summary>Why, in the protocol's terms.</summary>
    public ResetCode Code { get; } = code;
}
