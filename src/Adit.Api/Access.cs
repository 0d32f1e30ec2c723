using System.Text.Json.Serialization;

namespace Adit.Api;

/// <summary>
/// One rule of who may use a tunnel. Rules are asked in order; the first whose conditions all fit and that is about the visitor decides.
/// </summary>
public sealed record AccessRule
{
    /// <summary>Whether it lets pass; false refuses.</summary>
    public bool Allow { get; set; } = true;

    /// <summary>
    /// Whom it is about, any of: <c>public</c> (everybody), <c>signed-in</c>, <c>project</c> (members of the tunnel's), <c>owner</c>,
    /// <c>group:NAME</c>, <c>user:NAME</c>, <c>basic</c> (who shows the tunnel's password), <c>token</c> (its visitor token).
    /// </summary>
    public required IReadOnlyList<string> Who { get; init; }

    /// <summary>Only from these networks and addresses: <c>10.0.0.0/8</c>, <c>192.0.2.7</c>. Null for any.</summary>
    public IReadOnlyList<string>? Networks { get; init; }

    /// <summary>Only these methods; GET means HEAD too. Null for any.</summary>
    public IReadOnlyList<string>? Methods { get; init; }

    /// <summary>Only these paths: decoded, <c>*</c> for any characters, <c>/api/*</c> for /api and below. Null for any.</summary>
    public IReadOnlyList<string>? Paths { get; init; }

    /// <summary>From then on the rule is as if it were not there.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>What its author wants to remember; at most 200 characters.</summary>
    public string? Note { get; init; }
}

/// <summary>The words for who may use a tunnel.</summary>
public static class TunnelAccess
{
    /// <summary>Only the account that owns the tunnel, by a session or token.</summary>
    public const string Owner = "owner";

    /// <summary>The members of the tunnel's project too.</summary>
    public const string Project = "project";

    /// <summary>Everyone with an account on the hub.</summary>
    public const string SignedIn = "signed-in";

    /// <summary>Anyone who can reach the hub.</summary>
    public const string Public = "public";

    /// <summary>Before a group's name: its members too.</summary>
    public const string GroupPrefix = "group:";

    /// <summary>Before an account's name: that one too.</summary>
    public const string UserPrefix = "user:";

    /// <summary>The forms that a word has, for people.</summary>
    public const string Forms = "owner, project, signed-in, public, group:NAME, user:NAME";

    /// <summary>Whether a word has one of the forms; not whether there is such a group or user.</summary>
    public static bool IsWord(string word) => word is Owner or Project or SignedIn or Public
        || (word.StartsWith(GroupPrefix, StringComparison.Ordinal) && word.Length > GroupPrefix.Length)
        || (word.StartsWith(UserPrefix, StringComparison.Ordinal) && word.Length > UserPrefix.Length);
}

/// <summary>GET /api/v1/access/explain: whether somebody may open something, and why.</summary>
public sealed record AccessExplanation
{
    /// <summary>Who was asked about; null for somebody who is not signed in.</summary>
    public string? Who { get; init; }

    /// <summary>The host or tunnel.</summary>
    public required string Host { get; init; }

    /// <summary>Whether it may.</summary>
    public required bool Allowed { get; init; }

    /// <summary>One sentence that says why.</summary>
    public required string Reason { get; init; }

    /// <summary>The rule that decided; null when none fitted.</summary>
    public string? Rule { get; init; }

    /// <summary>The rules that were asked, in order.</summary>
    public required IReadOnlyList<AccessStep> Steps { get; init; }
}

/// <summary>What became of one rule.</summary>
/// <param name="Rule">The rule as text.</param>
/// <param name="Decides">Whether it decided.</param>
/// <param name="Why">Why it fits or not.</param>
public sealed record AccessStep(string Rule, bool Decides, string Why);

/// <summary>GET and PUT /api/v1/settings/access: how far users may open what is theirs.</summary>
public sealed record AccessSettings
{
    /// <summary>
    /// The most that users may open: <c>owner</c>, <c>project</c> (named groups and users too), <c>signed-in</c> (passwords and visitor
    /// tokens too) or <c>public</c>. Admins may open everything.
    /// </summary>
    public required string MaxAccess { get; init; }

    /// <summary>Whether users may let pages of other sites show their tunnels in frames. Admins may.</summary>
    public bool EmbedAllowed { get; init; }

    /// <summary>
    /// Whether people are asked before the application of somebody else learns who they are: <c>foreign</c> (at the first visit; also when it
    /// is left out) or <c>never</c>.
    /// </summary>
    public string? Consent { get; init; }
}

/// <summary>That one lets the application of somebody else learn who one is.</summary>
public sealed record Consent
{
    /// <summary>The tunnel's name; of an external route, <c>external:</c> and its name.</summary>
    public required string Route { get; init; }

    /// <summary>Whose it was then. When it is somebody else's, one is asked again.</summary>
    public required string Owner { get; init; }

    /// <summary>The host that was opened.</summary>
    public required string Host { get; init; }

    /// <summary>When it was given.</summary>
    public required DateTimeOffset Given { get; init; }
}

/// <summary>GET /api/v1/consents.</summary>
public sealed record ConsentList
{
    /// <summary>One's own consents, newest first.</summary>
    public required IReadOnlyList<Consent> Items { get; init; }

    /// <summary>Always null: there are at most 500.</summary>
    public string? Next { get; init; }
}

/// <summary>POST /api/v1/tunnels/{name}/embeds.</summary>
public sealed record CreateEmbedRequest
{
    /// <summary>The origins whose pages may show the tunnel in a frame: <c>https://blog.example</c>. 1 to 20.</summary>
    public required IReadOnlyList<string> Ancestors { get; init; }

    /// <summary>Whether each visitor needs a signature of the customer's server, made with the grant's key.</summary>
    public bool IsSigned { get; init; }

    /// <summary>Visitors at one time, 1 to 10,000; null for any number.</summary>
    public int? MaxVisitors { get; init; }

    /// <summary>Requests a day (UTC), at least 1; null for any number.</summary>
    public int? MaxRequestsPerDay { get; init; }

    /// <summary>How long it lasts; null for ever.</summary>
    public long? ExpiresInSeconds { get; init; }

    /// <summary>What its author wants to remember.</summary>
    public string? Note { get; init; }
}

/// <summary>That pages of some sites may show a tunnel in a frame to visitors without an account.</summary>
public sealed record EmbedGrantView
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>The tunnel.</summary>
    public required string Tunnel { get; init; }

    /// <summary>The origins that may.</summary>
    public required IReadOnlyList<string> Ancestors { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Who made it.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>When it ends; null for never.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>What its author wanted to remember.</summary>
    public string? Note { get; init; }

    /// <summary>Whether each visitor needs a signature.</summary>
    public bool IsSigned { get; init; }

    /// <summary>Visitors at one time; null for any number.</summary>
    public int? MaxVisitors { get; init; }

    /// <summary>Requests a day (UTC); null for any number.</summary>
    public int? MaxRequestsPerDay { get; init; }

    /// <summary>Visitors who are there now.</summary>
    public int Visitors { get; init; }

    /// <summary>Requests of today (UTC), since the hub's last start.</summary>
    public long RequestsToday { get; init; }

    /// <summary>What the frame's <c>src</c> is. Of a signed grant always there, to be completed by <c>?g=</c> and a signature; of another shown once, when it is made.</summary>
    public string? Url { get; init; }

    /// <summary>Of a signed grant, what signs (its ASCII bytes are the key of HS256); shown once, when it is made.</summary>
    public string? Key { get; init; }
}

/// <summary>GET /api/v1/tunnels/{name}/embeds.</summary>
public sealed record EmbedGrantList
{
    /// <summary>The grants, oldest first.</summary>
    public required IReadOnlyList<EmbedGrantView> Items { get; init; }

    /// <summary>Always null: there are at most 100.</summary>
    public string? Next { get; init; }
}

/// <summary>
/// PUT and GET /api/v1/external-routes/{name}: hosts that another proxy serves, which asks the hub who may pass.
/// </summary>
public sealed record ExternalRoute
{
    /// <summary>Its name; set by the address.</summary>
    public string? Name { get; init; }

    /// <summary>Scheme, host and port where visitors are: <c>https://wiki.example.com</c>. 1 to 20.</summary>
    public required IReadOnlyList<string> Origins { get; init; }

    /// <summary>Who may pass, as of tunnels; <c>owner</c> is whoever made the route.</summary>
    public string Access { get; set; } = TunnelAccess.SignedIn;

    /// <summary>What comes before that.</summary>
    public IReadOnlyList<AccessRule>? Rules { get; init; }

    /// <summary>The project whose members <c>project</c> means.</summary>
    public string? Project { get; init; }

    /// <summary>Where visitors reach the hub, when that is not its domain at its first listener: <c>https://hub.example.com</c>.</summary>
    public string? HubUrl { get; init; }

    /// <summary>The account that made it; set by the hub.</summary>
    public string? Owner { get; init; }
}

/// <summary>GET /api/v1/external-routes.</summary>
public sealed record ExternalRouteList
{
    /// <summary>The routes, by name.</summary>
    public required IReadOnlyList<ExternalRoute> Items { get; init; }

    /// <summary>Always null: there are at most 500.</summary>
    public string? Next { get; init; }
}

/// <summary>
/// GET /api/v1/external-routes/{name}/proxies/{caddy|traefik|nginx}: what to write into that proxy so that it asks the hub.
/// </summary>
public sealed record ProxyConfiguration
{
    /// <summary>Which proxy: <c>caddy</c>, <c>traefik</c> or <c>nginx</c>.</summary>
    public required string Proxy { get; init; }

    /// <summary>The part of its configuration; lines end with a line feed.</summary>
    public required string Text { get; init; }

    /// <summary>What else has to be done before it works, a sentence each.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}

/// <summary>JSON of these resources, source-generated.</summary>
[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IReadOnlyList<AccessRule>))]
[JsonSerializable(typeof(AccessExplanation))]
[JsonSerializable(typeof(AccessSettings))]
[JsonSerializable(typeof(CreateEmbedRequest))]
[JsonSerializable(typeof(EmbedGrantView))]
[JsonSerializable(typeof(EmbedGrantList))]
[JsonSerializable(typeof(ExternalRoute))]
[JsonSerializable(typeof(ExternalRouteList))]
[JsonSerializable(typeof(ConsentList))]
[JsonSerializable(typeof(ProxyConfiguration))]
public sealed partial class AccessJson : JsonSerializerContext;
