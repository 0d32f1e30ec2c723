using System.Runtime.CompilerServices;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Access.Sessions;
using Adit.Hub.Edge.Gate;

namespace Adit.Hub.Access.Doors;

/// <summary>The tokens, sessions and accounts of this hub as the edge's gate asks for them.</summary>
internal sealed class DoorKeys(TokenRegistry tokens, SessionRegistry sessions, IProjectRoles projects) : IDoorKeys, IDoorSessions
{
    // A caller is the same object until its account changes, and so is what is made of it here.
    private readonly ConditionalWeakTable<Caller, DoorPerson> _people = [];

    public bool TryAuthenticate(string token, out DoorKey key)
    {
        var caller = tokens.Authenticate(token);
        key = caller is null ? default : new DoorKey(caller.Account, caller.TokenId);
        return caller is not null;
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

    public Task EndAsync(DoorKey key) => SessionOf(key) is { } session ? sessions.EndAsync(session) : Task.CompletedTask;

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
