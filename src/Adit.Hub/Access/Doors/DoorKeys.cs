using System.Net;
using System.Runtime.CompilerServices;
using Adit.Hub.Access.Audit;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Access.Sessions;
using Adit.Hub.Edge.Forwarding;
using Adit.Hub.Edge.Gate;

namespace Adit.Hub.Access.Doors;

/// <summary>The tokens, sessions and accounts of this hub as the edge's gate asks for them.</summary>
internal sealed class DoorKeys(TokenRegistry tokens, SessionRegistry sessions, IProjectRoles projects, TokenUses uses, AuditLog audit) : IDoorKeys, IDoorSessions
{
    // A caller is the same object until its account changes, and so is what is made of it here.
    private readonly ConditionalWeakTable<Caller, DoorPerson> _people = [];

    public bool TryAuthenticate(string token, IPAddress? client, out DoorKey key)
    {
        key = default;
        if (tokens.Authenticate(token) is not { } caller)
            return false;
        uses.Note(caller, client);
        key = new DoorKey(caller.Account, caller.TokenId);
        return true;
    }

    public bool LooksLikeToken(ReadOnlySpan<char> text) => text.StartsWith(TokenText.Prefix, StringComparison.Ordinal);

    public IDoorPerson? Find(DoorKey key)
    {
        var caller = SessionOf(key) is { } session ? sessions.CallerOf(session) : tokens.Find(key.TokenId);
        return caller is not null && caller.Account == key.Account ? PersonOf(caller) : null;
    }

    /// <summary>The person that a caller is.</summary>
    public IDoorPerson PersonOf(Caller caller)
    {
        if (_people.TryGetValue(caller, out var known))
            return known;
        return _people.GetValue(caller, made => new DoorPerson(made, projects));
    }

    public void Touch(DoorKey key)
    {
        if (SessionOf(key) is { } session)
            sessions.Touch(session);
    }

    public async Task EndAsync(DoorKey key, IPAddress? client)
    {
        if (SessionOf(key) is not { } session || sessions.CallerOf(session) is not { } caller)
            return;
        await sessions.EndAsync(session);
        await audit.RecordAsync(AuditEntry.By(caller, "sign-out", "account:" + caller.Account, client is null ? null : ForwardedFields.Text(client)));
    }

    private static string? SessionOf(DoorKey key) =>
        key.TokenId.StartsWith(Session.Prefix, StringComparison.Ordinal) ? key.TokenId[Session.Prefix.Length..] : null;

    private sealed class DoorPerson(Caller caller, IProjectRoles projects) : IDoorPerson
    {
        private readonly bool _mayOpenAll = caller.Scopes.IsAll;

        public string Account => caller.Account;

        public string? Email => caller.Identity.Email;

        public IReadOnlySet<string> Groups => caller.Groups;

        public bool IsMemberOf(string project) => projects.RoleOf(caller, project) is not null;

        public bool MayOpenIn(string? project) => _mayOpenAll || caller.Scopes.Covers(Permission.RoutesOpen, project);
    }
}
