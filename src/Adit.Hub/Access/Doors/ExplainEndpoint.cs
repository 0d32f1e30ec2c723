using System.Net;
using Adit.Api;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Http;
using Adit.Hub.Tunnels;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Adit.Hub.Access.Doors;

/// <summary><c>GET /api/v1/access/explain</c>: asks the very judge that stands at the door, and has it say how it came to its answer.</summary>
internal static class ExplainEndpoint
{
    private const string Anonymous = "anonymous";

    /// <summary>Serves it.</summary>
    public static IResult Serve(
        HttpContext context, RouteTable routes, HubOptions options, TunnelRegistry tunnels, AccountDirectory accounts, IProjectRoles projects,
        Authority authority, TimeProvider time, string host, string? who = null, string? method = null, string? path = null, string? address = null)
    {
        // A form sends what was left empty as empty.
        (who, method, path, address) = (Said(who), Said(method), Said(path), Said(address));
        if (address is not null && !IPAddress.TryParse(address, out _))
            return Problems.Invalid($"'{address}' is no address.");
        if (path is not null && !path.StartsWith('/'))
            return Problems.Invalid("A path begins with '/'.");
        if (PolicyOf(host, routes, options, tunnels) is not { Owner: { } owner } policy
            || !authority.May(context.Caller(), Permission.TunnelsRead, new Owned(owner, policy.Project)))
            return Problems.NotFound($"tunnel or host '{host}'");
        var pass = DoorPass.Nobody;
        if (who is not null and not Anonymous)
        {
            // Who owns a tunnel may not learn by rules of its own who there is and in which groups.
            if (accounts.Find(who) is not { } account || !(who == context.Caller().Account || authority.May(context.Caller(), Permission.AccountsRead, new Owned(who))))
                return Problems.NotFound($"account '{who}'");
            if (!account.IsActive)
                return Explained(who, host, new PolicyAnswer(false, -1, false), [], $"The account '{who}' is {account.State.ToString().ToLowerInvariant()}.");
            pass = new DoorPass { Kind = PassKind.Person, Person = new Anybody(account, projects) };
        }

        var (answer, steps) = PolicyJudge.Explain(policy, new PolicyQuestion
        {
            Pass = pass,
            Address = address is null ? null : IPAddress.Parse(address),
            Method = method?.ToUpperInvariant() ?? "GET",
            Target = path ?? "/",
            Now = time.GetUtcNow(),
        });
        return Explained(who is Anonymous ? null : who, host, answer, steps, null);
    }

    private static string? Said(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static JsonHttpResult<AccessExplanation> Explained(
        string? who, string host, PolicyAnswer answer, IReadOnlyList<(PolicyRule Rule, string Why)> steps, string? reason)
    {
        var rule = answer.Rule < 0 ? null : Text(steps[answer.Rule].Rule);
        var name = who ?? "Somebody who is not signed in";
        reason ??= (answer.IsAllowed, rule) switch
        {
            (true, _) => $"{name} may open {host}: {rule}.",
            (false, { } refusal) => $"{name} may not open {host}: {refusal}.",
            _ => $"{name} may not open {host}: no rule lets them{(answer.MaySignIn && who is null ? "; signing in may help" : "")}.",
        };
        return TypedResults.Json(
            new AccessExplanation
            {
                Who = who,
                Host = host,
                Allowed = answer.IsAllowed,
                Reason = reason,
                Rule = rule,
                Steps = [.. steps.Select((s, i) => new AccessStep(Text(s.Rule), i == answer.Rule, s.Why))],
            },
            AccessJson.Default.AccessExplanation);
    }

    private static RoutePolicy? PolicyOf(string host, RouteTable routes, HubOptions options, TunnelRegistry tunnels)
    {
        var name = HostName.Of(host);
        return routes.Find(name)?.Policy ?? routes.Find($"{name}.{options.Domain}")?.Policy
            ?? tunnels.Find(name.Contains('.') ? name[..name.IndexOf('.')].ToString() : name.ToString())?.Policy;
    }

    /// <summary>A rule in words.</summary>
    public static string Text(PolicyRule rule)
    {
        var text = $"{(rule.Allow ? "allow" : "deny")} {string.Join(", ", rule.Who.Where(static s => s.Kind != SubjectKind.Embed))}";
        if (rule.Networks.Count > 0)
            text += $" from {string.Join(", ", rule.Networks)}";
        if (rule.Methods.Count > 0)
            text += $", methods {string.Join(", ", rule.Methods)}";
        if (rule.Paths.Count > 0)
            text += $", paths {string.Join(", ", rule.Paths)}";
        if (rule.Expires is { } ends)
            text += $", until {ends:u}";
        return rule.Note is { } note ? $"{text} ({note})" : text;
    }

    // Somebody as if signed in now.
    private sealed class Anybody(Account account, IProjectRoles projects) : IDoorPerson
    {
        private readonly Caller _caller = new() { Identity = account, Role = account.EffectiveRole, TokenId = "", TokenName = account.Name };

        public string Account => account.Name;

        public string? Email => account.Email;

        public IReadOnlySet<string> Groups => account.Groups;

        public bool IsMemberOf(string project) => projects.RoleOf(_caller, project) is not null;

        public bool MayOpenIn(string? project) => true;
    }
}
