namespace Adit.Link;

/// <summary>Why a stream ended abruptly; the first two bytes of a RESET record (docs/reference/link.md, "Reset codes").</summary>
public enum ResetCode : ushort
{
    /// <summary>The answer to a RESET, or a stream given up for no fault of anyone.</summary>
    None = 0,

    /// <summary>Whoever used the stream went away (a browser closed the page).</summary>
    Cancelled = 1,

    /// <summary>The target refused the connection.</summary>
    Refused = 2,

    /// <summary>The target is not on the accepting side's allow-list.</summary>
    Forbidden = 3,

    /// <summary>The target's name or address does not exist or cannot be reached.</summary>
    Unreachable = 4,

    /// <summary>The target did not answer in time.</summary>
    TimedOut = 5,

    /// <summary>The target closed its connection abruptly.</summary>
    TargetReset = 6,

    /// <summary>TLS to the target failed: its certificate or handshake was not acceptable.</summary>
    TargetTls = 7,

    /// <summary>The side that accepts is at its limit of streams.</summary>
    Busy = 8,

    /// <summary>The side that accepts is draining and takes no new streams.</summary>
    Draining = 9,

    /// <summary>The peer broke the protocol.</summary>
    Protocol = 10,

    /// <summary>The link or the data connection was lost.</summary>
    LinkLost = 11,
}
