using System.Net;

namespace Adit.Hub.Edge.Gate;

/// <summary>Answers whether a request may pass a policy. Pure: the same question has the same answer.</summary>
internal static class PolicyJudge
{
    /// <summary>Decides.</summary>
    public static PolicyAnswer Decide(RoutePolicy policy, PolicyQuestion question)
    {
        var person = question.Pass.Person is { } p && p.MayOpenIn(policy.Project) ? p : null;
        if (policy.IsOwnerOnly && (person is null || person.Account != policy.Owner))
            return new PolicyAnswer(false, -1, person is null);
        var mayHelp = false;
        var rules = policy.Effective;
        for (var i = 0; i < rules.Count; i++)
        {
            var rule = rules[i];
            if (Unfit(rule, question) is not null)
                continue;
            if (IsAbout(rule, policy, question.Pass.Kind, person))
                return new PolicyAnswer(rule.Allow, i, mayHelp && !rule.Allow);
            mayHelp |= rule.Allow && person is null && CanBeHelped(rule, policy);
        }

        return new PolicyAnswer(false, -1, mayHelp);
    }

    /// <summary>Decides, and says of each rule why it fits or not, in order up to the one that decided.</summary>
    public static (PolicyAnswer Answer, IReadOnlyList<(PolicyRule Rule, string Why)> Steps) Explain(RoutePolicy policy, PolicyQuestion question)
    {
        var answer = Decide(policy, question);
        var person = question.Pass.Person is { } p && p.MayOpenIn(policy.Project) ? p : null;
        var last = answer.Rule < 0 ? policy.Effective.Count - 1 : answer.Rule;
        return (answer, [.. policy.Effective.Take(last + 1).Select((rule, i) =>
            (rule, i == answer.Rule ? "fits and decides" : Unfit(rule, question) ?? WhyNotAbout(rule, policy, person)))]);
    }

    /// <summary>Whether this person may pass in some way: from some network, to some path.</summary>
    public static bool MayPassSomehow(RoutePolicy policy, IDoorPerson person, DateTimeOffset now)
    {
        if (!person.MayOpenIn(policy.Project) || (policy.IsOwnerOnly && person.Account != policy.Owner))
            return false;
        foreach (var rule in policy.Effective)
        {
            if (rule.Expires <= now || !IsAbout(rule, policy, PassKind.Person, person))
                continue;
            if (rule.Allow)
                return true;
            if (rule is { Networks.Count: 0, Methods.Count: 0, Paths.Count: 0 })
                return false;
        }

        return false;
    }

    private static string? Unfit(PolicyRule rule, PolicyQuestion question)
    {
        if (rule.Expires <= question.Now)
            return "has expired";
        if (rule.Networks.Count > 0 && !IsIn(rule.Networks, question.Address))
            return "is for other networks";
        if (rule.Methods.Count > 0 && !FitsMethod(rule, question))
            return "is for other methods";
        if (rule.Paths.Count > 0 && !question.Paths.Fit(rule.Paths, rule.Allow))
            return "is for other paths";
        return null;
    }

    private static string WhyNotAbout(PolicyRule rule, RoutePolicy policy, IDoorPerson? person) =>
        rule.Who.FirstOrDefault(s => IsAllowed(rule, s, policy) == false) is { Kind: not SubjectKind.Owner } capped
            ? $"is about others ('{capped}' is more than this hub allows)"
            : person is null ? "is about others (nobody is signed in)" : "is about others";

    private static bool IsIn(IReadOnlyList<IPNetwork> networks, IPAddress? address)
    {
        if (address is null)
            return false;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        foreach (var network in networks)
        {
            if (network.Contains(address))
                return true;
        }

        return false;
    }

    // Frameworks let a header stand in for the method. What refuses fits when any of them does, what allows only when all do.
    private static bool FitsMethod(PolicyRule rule, PolicyQuestion question)
    {
        var fits = Lists(rule.Methods, question.Method);
        for (var i = 0; i < question.OverrideMethods.Count && fits == rule.Allow; i++)
            fits = Lists(rule.Methods, question.OverrideMethods[i]);
        return fits;
    }

    private static bool Lists(IReadOnlyList<string> methods, string method)
    {
        foreach (var one in methods)
        {
            if (one.Equals(method, StringComparison.OrdinalIgnoreCase) || (one == "GET" && method.Equals("HEAD", StringComparison.OrdinalIgnoreCase)))
                return true;
        }

        return false;
    }

    private static bool IsAbout(PolicyRule rule, RoutePolicy policy, PassKind kind, IDoorPerson? person)
    {
        for (var i = 0; i < rule.Who.Count; i++)
        {
            var subject = rule.Who[i];
            if (Is(subject, policy, kind, person) && IsAllowed(rule, subject, policy))
                return true;
        }

        return false;
    }

    private static bool Is(PolicySubject subject, RoutePolicy policy, PassKind kind, IDoorPerson? person) => subject.Kind switch
    {
        SubjectKind.Public => true,
        SubjectKind.Owner => person is not null && policy.Owner is { } owner && owner == person.Account,
        SubjectKind.Project => person is not null && policy.Project is { } project && person.IsMemberOf(project),
        SubjectKind.SignedIn => person is not null,
        SubjectKind.Group => person is not null && person.Groups.Contains(subject.Name!),
        SubjectKind.User => person is not null && person.Account == subject.Name,
        SubjectKind.Basic => kind == PassKind.Basic,
        SubjectKind.Token => kind == PassKind.Visitor,
        SubjectKind.Embed => kind == PassKind.Embed,
        _ => false,
    };

    // The cap limits what lets pass; what refuses holds whatever it says.
    private static bool IsAllowed(PolicyRule rule, PolicySubject subject, RoutePolicy policy) =>
        !rule.Allow || subject.Kind == SubjectKind.Owner || policy.Cap is null || policy.Cap.Allows(subject.Level, policy.Owner);

    private static bool CanBeHelped(PolicyRule rule, RoutePolicy policy)
    {
        for (var i = 0; i < rule.Who.Count; i++)
        {
            if (rule.Who[i].Kind is not (SubjectKind.Public or SubjectKind.Embed) && IsAllowed(rule, rule.Who[i], policy))
                return true;
        }

        return false;
    }
}

/// <summary>A request as policies see it.</summary>
internal sealed class PolicyQuestion
{
    private PathReadings? _paths;

    /// <summary>What was shown.</summary>
    public required DoorPass Pass { get; init; }

    /// <summary>Where it comes from, as far as that can be trusted.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>The method.</summary>
    public string Method { get; init; } = "GET";

    /// <summary>The methods that headers ask the application to take for it.</summary>
    public IReadOnlyList<string> OverrideMethods { get; init; } = [];

    /// <summary>The request target as sent.</summary>
    public string Target { get; init; } = "/";

    /// <summary>When.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>How the target's path may be read.</summary>
    public PathReadings Paths => _paths ??= PathReadings.Of(Target);
}

/// <summary>What a policy says to a request.</summary>
/// <param name="IsAllowed">Whether it may pass.</param>
/// <param name="Rule">The place in <see cref="RoutePolicy.Effective"/> of the rule that decided; -1 when none fitted.</param>
/// <param name="MaySignIn">Whether somebody known might pass where this one, unknown, may not.</param>
internal readonly record struct PolicyAnswer(bool IsAllowed, int Rule, bool MaySignIn);
