using System.Net;
using Adit.Api;
using Adit.Hub.Edge.Gate;

namespace Adit.Hub.Access.Doors;

/// <summary>Reads what people say about access, and makes of it what the edge decides by.</summary>
internal static class Policies
{
    private const int MostRules = 50;
    private const int MostItems = 50;
    private const int MostNote = 200;

    /// <summary>Whom an access means: one word, or several with commas.</summary>
    /// <exception cref="FormatException">It is none; the message is one for people.</exception>
    public static IReadOnlyList<PolicySubject> Subjects(string? access)
    {
        if (access is null) // As JSON may have it.
            throw new FormatException("An access is text: owner, project, signed-in, public, group:NAME or user:NAME, or several with commas.");
        var words = Words(access);
        if (words.Length > MostItems)
            throw new FormatException($"An access names at most {MostItems} groups and users.");
        var subjects = words.Select(Subject).ToArray();
        return subjects.Any(static s => s.Kind is SubjectKind.Basic or SubjectKind.Token)
            ? throw new FormatException("'basic' and 'token' are for rules; to ask for a password or a visitor token set that of the tunnel.")
            : subjects;
    }

    /// <summary>The rules as the edge has them.</summary>
    /// <exception cref="FormatException">One is none; the message says which and why.</exception>
    public static IReadOnlyList<PolicyRule> Rules(IReadOnlyList<AccessRule>? rules)
    {
        if (rules is null)
            return [];
        if (rules.Count > MostRules)
            throw new FormatException($"There are at most {MostRules} rules.");
        return [.. rules.Select((rule, i) => Rule(rule, i + 1))];
    }

    /// <summary>A policy.</summary>
    public static RoutePolicy Compile(PolicySource source, IAccessCap? cap)
    {
        var subjects = Subjects(source.Access);
        return new RoutePolicy
        {
            IsPublic = subjects.Contains(PolicySubject.Public) && source.BasicAuthHash is null && source.VisitorTokenHash is null,
            Owner = source.Owner,
            Project = source.Project,
            BasicAuthHash = source.BasicAuthHash,
            VisitorTokenHash = source.VisitorTokenHash,
            Access = [.. subjects.Where(static s => s.Kind is not (SubjectKind.Public or SubjectKind.Owner))],
            Rules = Rules(source.Rules),
            AllowsCrossSite = source.AllowsCrossSite,
            Cap = cap,
        };
    }

    /// <summary>How far a policy opens something; what only refuses opens nothing.</summary>
    public static AccessLevel Level(string access, IReadOnlyList<AccessRule>? rules, bool asksForSecret)
    {
        var level = AccessLevel.Owner;
        foreach (var subject in Subjects(access))
            level = Max(level, subject.Kind == SubjectKind.Public && asksForSecret ? AccessLevel.SignedIn : subject.Level);
        foreach (var rule in Rules(rules).Where(static r => r.Allow))
            level = rule.Who.Aggregate(level, static (most, subject) => Max(most, subject.Level));
        return level;
    }

    /// <summary>Whether an access or a rule has this word, such as <c>group:ds</c>.</summary>
    public static bool Names(string access, IReadOnlyList<AccessRule>? rules, string word) =>
        Words(access).Contains(word, StringComparer.Ordinal) || rules?.Any(rule => rule.Who.Contains(word, StringComparer.Ordinal)) == true;

    /// <summary>An access without a word; when nothing is left of it, it is the owner's.</summary>
    public static string Without(string access, string word) =>
        !Words(access).Contains(word, StringComparer.Ordinal) ? access
        : string.Join(',', Words(access).Where(w => w != word)) is { Length: > 0 } left ? left
        : TunnelAccess.Owner;

    /// <summary>
    /// Rules without a word. One that was about nobody else goes: without anybody it would be no rule, and it must not become one about
    /// everybody. Null when none is left.
    /// </summary>
    public static IReadOnlyList<AccessRule>? Without(IReadOnlyList<AccessRule>? rules, string word)
    {
        if (rules?.Any(rule => rule.Who.Contains(word, StringComparer.Ordinal)) != true)
            return rules;
        var left = rules.Select(rule => rule with { Who = [.. rule.Who.Where(w => w != word)] }).Where(static rule => rule.Who.Count > 0).ToArray();
        return left.Length > 0 ? left : null;
    }

    /// <summary>The word of a level.</summary>
    public static string Word(AccessLevel level) => level switch
    {
        AccessLevel.Public => TunnelAccess.Public,
        AccessLevel.SignedIn => TunnelAccess.SignedIn,
        AccessLevel.Project => TunnelAccess.Project,
        _ => TunnelAccess.Owner,
    };

    /// <summary>The level of a word; null when it is none.</summary>
    public static AccessLevel? LevelOf(string? word) => word switch
    {
        TunnelAccess.Public => AccessLevel.Public,
        TunnelAccess.SignedIn => AccessLevel.SignedIn,
        TunnelAccess.Project => AccessLevel.Project,
        TunnelAccess.Owner => AccessLevel.Owner,
        _ => null,
    };

    private static string[] Words(string access) => access.Split(',', StringSplitOptions.TrimEntries);

    private static AccessLevel Max(AccessLevel one, AccessLevel other) => one > other ? one : other;

    private static PolicySubject Subject(string word) => word switch
    {
        "owner" => PolicySubject.Owner,
        "project" => PolicySubject.Project,
        "signed-in" => PolicySubject.SignedIn,
        "public" => PolicySubject.Public,
        "basic" => PolicySubject.Basic,
        "token" => PolicySubject.Token,
        _ when Named(word, "group:") is { } group => new PolicySubject(SubjectKind.Group, group),
        _ when Named(word, "user:") is { } user => new PolicySubject(SubjectKind.User, user),
        _ => throw new FormatException($"'{word}' is nobody; say owner, project, signed-in, public, group:NAME or user:NAME."),
    };

    private static string? Named(string word, string prefix) =>
        word.StartsWith(prefix, StringComparison.Ordinal) && word.Length - prefix.Length is >= 1 and <= 200 && !word.Any(char.IsControl) ? word[prefix.Length..] : null;

    private static PolicyRule Rule(AccessRule? rule, int number)
    {
        try
        {
            if (rule is not { Who.Count: > 0 and <= MostItems } || rule.Who.Contains(null))
                throw new FormatException($"'who' names 1 to {MostItems}.");
            if (rule.Note is { Length: > MostNote } || rule.Note?.Any(char.IsControl) == true)
                throw new FormatException($"'note' has at most {MostNote} characters, none of them control characters.");
            return new PolicyRule
            {
                Allow = rule.Allow,
                Who = [.. rule.Who.Select(Subject)],
                Networks = Items(rule.Networks, "networks", Network),
                Methods = Items(rule.Methods, "methods", Method),
                Paths = Items(rule.Paths, "paths", static text => PathPattern.Refusal(text) is { } refusal ? throw new FormatException(refusal) : new PathPattern(text)),
                Expires = rule.Expires,
                Note = rule.Note,
            };
        }
        catch (FormatException e)
        {
            throw new FormatException($"Rule {number}: {e.Message}", e);
        }
    }

    // An empty list would be no condition at all, which is hardly what somebody meant who wrote one.
    private static T[] Items<T>(IReadOnlyList<string>? items, string name, Func<string, T> read)
    {
        if (items is null)
            return [];
        if (items.Count is 0 or > MostItems || items.Contains(null))
            throw new FormatException($"'{name}' has 1 to {MostItems} items, or is left out.");
        return [.. items.Select(read)];
    }

    private static string Method(string text) => text.Length is >= 1 and <= 20 && text.All(static c => char.IsAsciiLetterOrDigit(c) || c == '-')
        ? text.ToUpperInvariant()
        : throw new FormatException($"'{text}' is no method.");

    private static IPNetwork Network(string text)
    {
        if (IPAddress.TryParse(text, out var address))
        {
            var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
            return new IPNetwork(plain, plain.GetAddressBytes().Length * 8);
        }

        return IPNetwork.TryParse(text, out var network)
            ? network
            : throw new FormatException($"'{text}' is neither an address nor a network; write 10.0.0.5 or 10.0.0.0/8.");
    }
}

/// <summary>What a policy is made of, wherever it is kept.</summary>
/// <param name="Owner">The account that may always, unless a rule refuses it.</param>
/// <param name="Access">As <see cref="Policies.Subjects"/> reads it.</param>
internal sealed record PolicySource(string Owner, string Access)
{
    public string? Project { get; init; }

    public IReadOnlyList<AccessRule>? Rules { get; init; }

    public byte[]? BasicAuthHash { get; init; }

    public byte[]? VisitorTokenHash { get; init; }

    public bool AllowsCrossSite { get; init; }
}
