namespace Adit.Hub.Edge.Forwarding;

/// <summary>How the end of a response's body is known (RFC 9112 section 6.3).</summary>
internal enum BodyFraming : byte
{
    /// <summary>There is no body.</summary>
    None,

    /// <summary>Content-Length says.</summary>
    Length,

    /// <summary>The chunked coding says.</summary>
    Chunked,

    /// <summary>The end of the connection says.</summary>
    UntilClose,
}
