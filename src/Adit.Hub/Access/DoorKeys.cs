using Adit.Hub.Edge.Gate;

namespace Adit.Hub.Access;

/// <summary>The tokens of this hub as the edge's gate asks for them.</summary>
internal sealed class DoorKeys(TokenRegistry tokens) : IDoorKeys
{
    public bool TryAuthenticate(string token, out DoorKey key)
    {
        var caller = tokens.Authenticate(token);
        key = caller is null ? default : new DoorKey(caller.Account, caller.TokenId);
        return caller is not null;
    }

    public bool LooksLikeToken(ReadOnlySpan<char> text) => text.StartsWith(TokenText.Prefix, StringComparison.Ordinal);

    public IDoorPerson? Find(DoorKey key) => null;
}
