using Adit.Hub.Access;
using Adit.Hub.Edge.Gate;

namespace Adit.Hub.Inspector;

/// <summary>
/// Takes the hub's own credentials out of header values. They belong to the visitor, who may be somebody else than the tunnel's owner (an
/// admin, say), and open far more than this tunnel: the inspector neither shows nor repeats them.
/// </summary>
internal static class HubCredentials
{
    /// <summary>The value without them; null when nothing is left.</summary>
    public static string? Without(string name, string value)
    {
        if (name.Equals("Authorization", StringComparison.OrdinalIgnoreCase))
        {
            var isToken = value.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var credential, ..]
                && credential.StartsWith(TokenText.Prefix, StringComparison.Ordinal);
            return isToken ? null : value;
        }

        if (!name.Equals("Cookie", StringComparison.OrdinalIgnoreCase) && !name.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase))
            return value;
        if (!value.Contains("adit", StringComparison.OrdinalIgnoreCase))
            return value;
        if (name.Equals("Cookie", StringComparison.OrdinalIgnoreCase))
            return DoorCookies.Strip(value);
        return DoorCookies.IsReserved(DoorCookies.NameOf(value)) ? null : value;
    }
}
