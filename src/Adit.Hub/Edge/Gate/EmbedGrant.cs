namespace Adit.Hub.Edge.Gate;

/// <summary>Lets pages of named sites show a route in a frame to visitors without an account. Immutable, but for <see cref="Use"/>.</summary>
/// <param name="Id">What is safe to write down.</param>
/// <param name="Route">The route's name.</param>
/// <param name="Ancestors">The origins that may show it: <c>https://blog.example</c>.</param>
/// <param name="Expires">When it ends; null for never.</param>
internal sealed record EmbedGrant(string Id, string Route, IReadOnlyList<string> Ancestors, DateTimeOffset? Expires)
{
    /// <summary>The value of the directive for <c>Content-Security-Policy</c> (CSP 3, section 6.4.2).</summary>
    public string FrameAncestors { get; } = "frame-ancestors " + string.Join(' ', Ancestors);

    /// <summary>What signs each visitor's way in (<see cref="EmbedSignature"/>); null where the address alone is enough.</summary>
    public byte[]? Key { get; init; }

    /// <summary>Who is in by it, and how much of it is used.</summary>
    public required EmbedUse Use { get; init; }
}

/// <summary>The grants there are. Answers from memory and never blocks.</summary>
internal interface IEmbedGrants
{
    /// <summary>The grant of this id, if it has not ended.</summary>
    EmbedGrant? Find(string id);

    /// <summary>The grant of this secret, if it has not ended.</summary>
    EmbedGrant? FindBySecret(string secret);

    /// <summary>What single-use signatures were used.</summary>
    UsedSignatures Signatures { get; }
}
