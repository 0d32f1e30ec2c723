using System.Net;

namespace Adit.Hub.Edge.Gate;

/// <summary>What the edge needs to know of tokens, sessions and accounts. Asked on the request's own path: answers from memory and never blocks.</summary>
internal interface IDoorKeys
{
    /// <summary>Whose token this is, if it is one, not expired and not revoked. Counts as use.</summary>
    /// <param name="token">Its text.</param>
    /// <param name="client">Where it comes from.</param>
    /// <param name="key">What it is known by.</param>
    bool TryAuthenticate(string token, IPAddress? client, out DoorKey key);

    /// <summary>Whether a text has the shape of this hub's tokens, good or not: no application gets to see one.</summary>
    bool LooksLikeToken(ReadOnlySpan<char> text);

    /// <summary>Who comes with a key, as of now; null when the key is no longer good.</summary>
    IDoorPerson? Find(DoorKey key);
}

/// <summary>Somebody with an account. Immutable: a change of the account makes another one.</summary>
internal interface IDoorPerson
{
    /// <summary>The account's name.</summary>
    string Account { get; }

    /// <summary>Its address, when it has one.</summary>
    string? Email { get; }

    /// <summary>The groups that it is in.</summary>
    IReadOnlySet<string> Groups { get; }

    /// <summary>Whether it has a role in a project now.</summary>
    bool IsMemberOf(string project);

    /// <summary>Whether what it came with may open routes of a project, or with null those of none.</summary>
    bool MayOpenIn(string? project);
}

/// <summary>A session or token, by what is safe to write down.</summary>
/// <param name="Account">The account it belongs to; compared with <see cref="RoutePolicy.Owner"/>.</param>
/// <param name="TokenId">Its public id; of a session, <c>session:</c> and the session's.</param>
internal readonly record struct DoorKey(string Account, string TokenId);
