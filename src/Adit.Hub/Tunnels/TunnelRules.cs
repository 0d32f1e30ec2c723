using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Doors;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Edge.Gate;
using Adit.Link;

namespace Adit.Hub.Tunnels;

/// <summary>What a request for a tunnel may say, checked before anything is done.</summary>
internal static class TunnelRules
{
    private const int MostHeaders = 50;
    private const int MostHeaderBytes = 4096;

    /// <summary>What is wrong with the options; null when nothing is.</summary>
    public static string? Refusal(TunnelOptions? o)
    {
        if (o is null)
            return null;
        if (o.BasicAuth is { } basic && (basic.Length > 512 || basic.IndexOf(':', StringComparison.Ordinal) is < 1 or > 255))
            return "Basic auth is USER:PASSWORD, at most 512 characters.";
        if (o.VisitorToken is { Length: < 16 or > 512 })
            return "A visitor token has 16 to 512 characters.";
        if (o.MaxRequestBytes is < 0 || o.ResponseTimeoutSeconds is < 1 or > 86_400)
            return "The largest request is 0 bytes or more and the response timeout 1 to 86400 seconds.";
        if (o.HostHeader is { } host && (host.Length is 0 or > 255 || host.Any(static c => c is <= ' ' or > '~' or '/' or '@')))
            return "The Host header is 'preserve', 'upstream' or a host with an optional port.";
        if (o.UpstreamServerName is { } name && Uri.CheckHostName(name) != UriHostNameType.Dns)
            return "The upstream's server name is a host name.";
        return Headers(o.RequestHeaders?.Keys, o.RequestHeaders?.Values) ?? Headers(o.ResponseHeaders?.Keys, o.ResponseHeaders?.Values)
            ?? Headers(o.RemoveRequestHeaders, null) ?? Headers(o.RemoveResponseHeaders, null);
    }

    /// <summary>Whether a caller may have a name.</summary>
    /// <exception cref="TunnelRefusal">It is no name, or another account gave it up not long ago.</exception>
    public static void CheckName(string name, Caller caller, ReleasedNames released, bool isNew)
    {
        if (isNew && name.Contains("--", StringComparison.Ordinal))
            throw new TunnelRefusal(TunnelRefusalCode.Invalid, $"The name '{name}' has two hyphens together, which only addresses of tasks have; choose another.");
        if (TunnelName.Refusal(name) is { } refusal)
            throw new TunnelRefusal(TunnelRefusalCode.Invalid, refusal);
        if (released.IsReserved(name, caller.Account))
            throw new TunnelRefusal(
                TunnelRefusalCode.NameReserved,
                $"The name '{name}' was given up less than 30 days ago by another account; choose another.");
    }

    /// <summary>Whether a tunnel that is there is the one asked for.</summary>
    /// <exception cref="TunnelRefusal">It is another account's, a task's, or of another kind.</exception>
    public static void CheckSame(TunnelRecord record, CreateTunnelRequest request, Caller caller)
    {
        if (record.Account != caller.Account || record.Task is not null)
            throw new TunnelRefusal(TunnelRefusalCode.NameTaken, $"The name '{record.Name}' is taken; choose another.");
        if (record.Kind != request.Kind)
            throw new TunnelRefusal(
                TunnelRefusalCode.KindDiffers,
                $"You have a tunnel '{record.Name}' of kind {record.Kind.Word()}; remove it first or choose another name.");
    }

    /// <summary>Where the tunnel leads.</summary>
    /// <exception cref="TunnelRefusal">Nowhere that a tunnel of its kind can lead.</exception>
    public static TunnelTarget TargetOf(CreateTunnelRequest request) => TunnelTarget.Parse(request.Target, request.Kind) is { IsTask: false } target
        ? target
        : throw new TunnelRefusal(
            TunnelRefusalCode.Invalid,
            $"The target is not one that a tunnel of kind {request.Kind.Word()} can have; see docs/guide/{request.Kind.Word()}.md.");

    /// <summary>The caller's link that shall serve the tunnel; null when the client that it is for is not there now.</summary>
    /// <exception cref="TunnelRefusal">The request names neither, or a link that is gone or another account's.</exception>
    public static HubLink? LinkOf(CreateTunnelRequest request, Caller caller, LinkHost links)
    {
        if (request.Link is null)
            return request.Client is null
                ? throw new TunnelRefusal(
                    TunnelRefusalCode.Invalid, "A tunnel needs the link that serves it, or the name of the client that shall.")
                : links.Links.FirstOrDefault(l => l.Client.Name == request.Client && l.Principal.Account == caller.Account);
        return links.Find(request.Link) is { } link && link.Principal.Account == caller.Account
            ? link
            : throw new TunnelRefusal(TunnelRefusalCode.LinkGone, "The link that should serve the tunnel is gone; connect again.");
    }

    /// <summary>Whether a tunnel may be open as far as it says.</summary>
    /// <param name="before">The tunnel as it is; null for a new one. What is open already may stay as it says: the cap holds at the door.</param>
    /// <param name="next">The tunnel as it will be.</param>
    /// <param name="by">The account that says so; may be another than the owner's.</param>
    /// <param name="cap">How far users may open what is theirs.</param>
    /// <returns><paramref name="next"/>.</returns>
    /// <exception cref="TunnelRefusal">It says what is no access or rule, or more than this hub allows.</exception>
    public static TunnelRecord CheckAccess(TunnelRecord? before, TunnelRecord next, string by, AccessCap cap)
    {
        if (before is not null && before.Access == next.Access && before.RulesText() == next.RulesText() && AsksForSecret(before) == AsksForSecret(next))
            return next;
        try
        {
            var level = LevelOf(next);
            if (next.Project is null && Policies.Names(next.Access, next.Rules, TunnelAccess.Project))
            {
                throw new TunnelRefusal(
                    TunnelRefusalCode.Invalid, "The tunnel is in no project, so 'project' would let nobody in; put it in one, or say who may in other words.");
            }

            var isRaised = before is null || level > LevelOf(before);
            if (!cap.Allows(level, next.Account) || (isRaised && !cap.Allows(level, by)))
            {
                throw new TunnelRefusal(
                    TunnelRefusalCode.TooOpen,
                    $"This hub lets users open tunnels as far as '{cap.Current.Settings.MaxAccess}', and this one would be '{Policies.Word(level)}'; ask an admin to allow more.");
            }

            return next;
        }
        catch (FormatException e)
        {
            throw new TunnelRefusal(TunnelRefusalCode.Invalid, e.Message);
        }
    }

    private static AccessLevel LevelOf(TunnelRecord record) => Policies.Level(record.Access, record.Rules, AsksForSecret(record));

    private static bool AsksForSecret(TunnelRecord record) => record.Options is { BasicAuth: not null } or { VisitorToken: not null };

    /// <summary>Whether a caller may make a tunnel in a project, or serve one that is there.</summary>
    /// <param name="before">The tunnel that is there; null for a new one.</param>
    /// <param name="project">The project that it will be in; null for none.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="authority">Who decides.</param>
    /// <exception cref="TunnelRefusal">It may not, or there is no such project that it may see.</exception>
    public static void CheckProject(TunnelRecord? before, string? project, Caller caller, Authority authority)
    {
        if (before is not null && !authority.May(caller, Permission.TunnelsWrite, before.Belonging))
            throw new TunnelRefusal(TunnelRefusalCode.ReadOnly, TunnelRights.ReadOnly(before.Name));
        if (before is not null && before.Project == project)
            return;
        if (project is not null && !authority.Knows(caller, project))
            throw new TunnelRefusal(TunnelRefusalCode.ProjectUnknown, $"project '{project}'");
        if (!authority.MayMake(caller, Permission.TunnelsWrite, project))
            throw new TunnelRefusal(
                TunnelRefusalCode.ProjectForbidden,
                project is null
                    ? "This token makes tunnels in projects only; name one that it was made for."
                    : $"Only members of the project '{project}' make tunnels in it, with a token that may; ask one of its maintainers.");
    }

    // RFC 9110 5.1 and 5.5: a field name is a token; a value has no line breaks or NUL. Framing fields are the forwarder's own.
    private static string? Headers(IEnumerable<string>? names, IEnumerable<string>? values)
    {
        var all = names?.ToArray() ?? [];
        if (all.Length > MostHeaders)
            return $"At most {MostHeaders} headers can be set or removed.";
        foreach (var name in all)
        {
            if (name.Length is 0 or > 200
                || !name.All(static c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal)))
                return "A header's name has letters, digits and hyphens.";
            if (name.ToLowerInvariant() is "content-length" or "transfer-encoding" or "connection" or "upgrade" or "host" or "trailer" or "te" or "keep-alive")
                return $"The header {name} frames the message and cannot be set or removed; for Host use the Host header option.";
        }

        return values?.Any(
            static v => v.Length > MostHeaderBytes || v.Any(static c => (c < ' ' && c != '\t') || c == '\u007f' || c > '\u00ff')) == true
            ? $"A header's value has at most {MostHeaderBytes} characters and no line breaks."
            : null;
    }
}
