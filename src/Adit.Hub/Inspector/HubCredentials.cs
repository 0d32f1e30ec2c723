using Adit.Hub.Access;
using Adit.Hub.Edge.Gate;

namespace Adit.Hub.Inspector;

/// <summary>
/// Takes the hub's own credentials out of header values. They belong to the visitor, who may be somebody else than the tunnel's owner (an
/// admin, say), and open far more than this tunnel: the inspector neither shows nor repeats them.
/// </summary>
internal static class HubCredentials
{
    private const string Ticket = Gatekeeper.Cookie + "=";

    /// <summary>The value without them; null when nothing is left.</summary>
    public static string? Without(string name, string value)
    {
        if (name.Equals("Authorization", StringComparison.OrdinalIgnoreCase))
            return value.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var credential, ..] && credential.StartsWith(TokenText.Prefix, StringComparison.Ordinal) ? null : value;
        if (!name.Equals("Cookie", StringComparison.OrdinalIgnoreCase) && !name.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase))
            return value;
        if (!value.Contains(Ticket, StringComparison.Ordinal))
            return value;
        var rest = value.Split(';', StringSplitOptions.TrimEntries).Where(static pair => !pair.StartsWith(Ticket, StringComparison.Ordinal));
        return string.Join("; ", rest) is { Length: > 0 } left ? left : null;
    }
}
