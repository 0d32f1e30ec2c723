namespace Adit.Hub.Edge.Gate;

/// <summary>What the edge needs to know of tokens. Asked on the request's own path: answers from memory and never blocks.</summary>
internal interface IDoorKeys
{
    /// <summary>Whose token this is, if it is one, not expired and not revoked.</summary>
    bool TryAuthenticate(string token, out DoorKey key);

    /// <summary>Whether a token that opened a door earlier would still open it.</summary>
    bool IsValid(DoorKey key);
}

/// <summary>A token, by what is safe to write down.</summary>
/// <param name="Account">The account it belongs to; compared with <see cref="RoutePolicy.Owner"/>.</param>
/// <param name="TokenId">Its public id.</param>
internal readonly record struct DoorKey(string Account, string TokenId);
