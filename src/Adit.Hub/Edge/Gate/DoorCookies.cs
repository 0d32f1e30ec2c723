using Adit.Hub.Edge.Forwarding;
using Microsoft.Extensions.Primitives;

namespace Adit.Hub.Edge.Gate;

/// <summary>
/// The cookies of the hub on hosts of routes. Over TLS their names begin with <c>__Host-</c>: a browser takes such a cookie from that very
/// host only, so that no other route's page can set it for us (RFC 6265bis section 4.1.3.2). In clear, where browsers refuse the prefix,
/// they have names that routes cannot set by header either.
/// </summary>
internal static class DoorCookies
{
    /// <summary>The ticket, in clear.</summary>
    public const string PlainTicket = "adit_ticket";

    private const string PlainState = "adit_state_";
    private const string PlainEmbed = "adit_embed";
    private const string SecureTicket = "__Host-adit_t";
    private const string SecureState = "__Host-adit_s_";
    private const string SecurePathTicket = "__Secure-adit_t";
    private const string SecurePathState = "__Secure-adit_s_";
    private const string SecureEmbed = "__Host-adit_e";

    /// <summary>The name of the ticket.</summary>
    public static string Ticket(bool isSecure) => isSecure ? SecureTicket : PlainTicket;

    /// <summary>The name of the ticket of a visit. One for a path cannot have the prefix that is for whole hosts.</summary>
    public static string Ticket(Visit visit) => visit is { IsSecure: true, Prefix.Length: > 0 } ? SecurePathTicket : Ticket(visit.IsSecure);

    /// <summary>What names of state begin with on a visit.</summary>
    public static string State(Visit visit) => visit is { IsSecure: true, Prefix.Length: > 0 } ? SecurePathState : State(visit.IsSecure);

    /// <summary>The name of the ticket of a frame.</summary>
    public static string Embed(bool isSecure) => isSecure ? SecureEmbed : PlainEmbed;

    /// <summary>What names of state begin with: a visitor with several windows signs in in each.</summary>
    public static string State(bool isSecure) => isSecure ? SecureState : PlainState;

    /// <summary>Whether a name is the hub's own, whichever way it is spelt: applications neither see nor set it.</summary>
    public static bool IsReserved(ReadOnlySpan<char> name)
    {
        name = name.Trim();
        if (name.StartsWith("__Host-", StringComparison.OrdinalIgnoreCase))
            name = name[7..];
        else if (name.StartsWith("__Secure-", StringComparison.OrdinalIgnoreCase))
            name = name[9..];
        return name.Equals("adit", StringComparison.OrdinalIgnoreCase) || name.StartsWith("adit_", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The values of a cookie, in the order sent. There may be several when somebody set one for a wider domain.</summary>
    public static Enumerator Find(StringValues fields, string name) => new(fields, name);

    /// <summary>Cookie fields without the hub's own.</summary>
    public static StringValues Strip(StringValues fields)
    {
        var held = false;
        for (var i = 0; i < fields.Count; i++)
            held |= fields[i]?.Contains("adit", StringComparison.OrdinalIgnoreCase) == true;
        return held ? fields.Select(f => Strip(f ?? "")).Where(f => f is not null).ToArray() : fields;
    }

    /// <summary>One cookie field without the hub's own; null when nothing is left.</summary>
    public static string? Strip(string value)
    {
        var kept = value.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(pair => !IsReserved(NameOf(pair)));
        var text = string.Join("; ", kept);
        return text.Length == 0 ? null : text;
    }

    /// <summary>The name in <c>name=value</c>.</summary>
    public static ReadOnlySpan<char> NameOf(ReadOnlySpan<char> pair)
    {
        var end = pair.IndexOf('=');
        return (end < 0 ? pair : pair[..end]).Trim();
    }

    /// <summary>The field that sets one of ours.</summary>
    /// <param name="name">Which.</param>
    /// <param name="value">Its value; empty to take it away.</param>
    /// <param name="isSecure">Whether the visitor is connected by TLS.</param>
    /// <param name="life">How long it stays; null as long as the browser runs.</param>
    public static string Set(string name, string value, bool isSecure, TimeSpan? life = null) =>
        $"{name}={value}; Path=/;{(life is { } l ? $" Max-Age={(long)l.TotalSeconds};" : "")} HttpOnly; SameSite=Lax{(isSecure ? "; Secure" : "")}";

    /// <summary>The field that sets one of ours for the application that a visit is at.</summary>
    public static string Set(Visit visit, string name, string value, TimeSpan? life = null)
    {
        var field = Set(name, value, visit.IsSecure, life);
        return visit.Prefix.Length == 0 ? field : field.Replace("; Path=/;", $"; Path={visit.Prefix}/;", StringComparison.Ordinal);
    }

    /// <summary>The field that sets the ticket of a frame, which is good within that site's pages only (CHIPS).</summary>
    public static string SetEmbedded(string name, string value, TimeSpan? life) =>
        $"{name}={value}; Path=/;{(life is { } l ? $" Max-Age={(long)l.TotalSeconds};" : "")} HttpOnly; SameSite=None; Secure; Partitioned";

    /// <summary>Looks through cookie fields without allocation.</summary>
    public ref struct Enumerator(StringValues fields, string name)
    {
        private int _field = -1;
        private ReadOnlySpan<char> _rest;

        /// <summary>The value found.</summary>
        public ReadOnlySpan<char> Current { get; private set; }

        public readonly Enumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            while (true)
            {
                while (_rest.IsEmpty)
                {
                    if (++_field >= fields.Count)
                        return false;
                    _rest = fields[_field];
                }

                var end = _rest.IndexOf(';');
                var pair = (end < 0 ? _rest : _rest[..end]).Trim();
                _rest = end < 0 ? default : _rest[(end + 1)..];
                if (pair.Length > name.Length && pair[name.Length] == '=' && pair.StartsWith(name, StringComparison.Ordinal))
                {
                    Current = pair[(name.Length + 1)..];
                    return true;
                }
            }
        }
    }
}
