using System.Net;

namespace Adit.Hub.Edge.Gate;

/// <summary>One rule of a <see cref="RoutePolicy"/>: whom it is about, under which conditions, and what it says. Immutable.</summary>
internal sealed class PolicyRule
{
    /// <summary>Whether it lets pass; else it refuses.</summary>
    public required bool Allow { get; init; }

    /// <summary>Any of these.</summary>
    public required IReadOnlyList<PolicySubject> Who { get; init; }

    /// <summary>Only from these networks; empty for any.</summary>
    public IReadOnlyList<IPNetwork> Networks { get; init; } = [];

    /// <summary>Only these methods, in capitals; GET means HEAD too. Empty for any.</summary>
    public IReadOnlyList<string> Methods { get; init; } = [];

    /// <summary>Only these paths; empty for any.</summary>
    public IReadOnlyList<PathPattern> Paths { get; init; } = [];

    /// <summary>From then on the rule is as if it were not there; null for never.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>What its author wanted to remember.</summary>
    public string? Note { get; init; }

    /// <inheritdoc />
    public override string ToString() =>
        $"{(Allow ? "allow" : "deny")} {string.Join(',', Who)} from {string.Join(',', Networks)} {string.Join(',', Methods)} {string.Join(',', Paths)} until {Expires:O}";
}

/// <summary>Whom a rule is about.</summary>
/// <param name="Kind">Which sort.</param>
/// <param name="Name">Of a group or an account; else null.</param>
internal readonly record struct PolicySubject(SubjectKind Kind, string? Name = null)
{
    public static readonly PolicySubject Owner = new(SubjectKind.Owner);
    public static readonly PolicySubject Project = new(SubjectKind.Project);
    public static readonly PolicySubject SignedIn = new(SubjectKind.SignedIn);
    public static readonly PolicySubject Public = new(SubjectKind.Public);
    public static readonly PolicySubject Basic = new(SubjectKind.Basic);
    public static readonly PolicySubject Token = new(SubjectKind.Token);
    public static readonly PolicySubject Embed = new(SubjectKind.Embed);

    /// <summary>How far it opens a route, for the hub's cap.</summary>
    public AccessLevel Level => Kind switch
    {
        SubjectKind.Owner => AccessLevel.Owner,
        SubjectKind.Project or SubjectKind.Group or SubjectKind.User => AccessLevel.Project,
        SubjectKind.Public => AccessLevel.Public,
        _ => AccessLevel.SignedIn,
    };

    /// <inheritdoc />
    public override string ToString() => Kind switch
    {
        SubjectKind.SignedIn => "signed-in",
        SubjectKind.Group => "group:" + Name,
        SubjectKind.User => "user:" + Name,
        var kind => kind.ToString().ToLowerInvariant(),
    };
}

/// <summary>The sorts of <see cref="PolicySubject"/>.</summary>
internal enum SubjectKind : byte
{
    Owner,
    Project,
    SignedIn,
    Public,
    Group,
    User,

    /// <summary>Whoever showed the route's password.</summary>
    Basic,

    /// <summary>Whoever showed the route's visitor token.</summary>
    Token,

    /// <summary>A page that has the route in a frame, by a grant.</summary>
    Embed,
}

/// <summary>How far a route is open, from least to most.</summary>
internal enum AccessLevel : byte
{
    Owner,
    Project,
    SignedIn,
    Public,
}

/// <summary>How far routes may be opened on this hub. Asked for each request: answers from memory and never blocks.</summary>
internal interface IAccessCap
{
    /// <summary>Whether a route of this account may be open so far.</summary>
    bool Allows(AccessLevel level, string? owner);
}
