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
        var name = HostName.Of(host).ToString();
        var route = routes.Find(name) ?? routes.Find($"{name}.{options.Domain}");
        var bytes = route is null ? ByName(name, options, tunnels) : null;
        if ((route?.Policy ?? bytes?.Policy) is not { Owner: { } owner } policy
            || !authority.May(context.Caller(), Permission.TunnelsRead, new Owned(owner, policy.Project)))
            return Problems.NotFound($"tunnel or host '{host}'");
        var (pass, mayConnect) = (DoorPass.Nobody, false);
        if (who is not null and not Anonymous)
        {
            // Who owns a tunnel may not learn by rules of its own who there is and in which groups.
            if (accounts.Find(who) is not { } account || !(who == context.Caller().Account || authority.May(context.Caller(), Permission.AccountsRead, new Owned(who))))
                return Problems.NotFound($"account '{who}'");
            if (!account.IsActive)
                return Explained(who, host, new PolicyAnswer(false, -1, false), [], $"The account '{who}' is {account.State.ToString().ToLowerInvariant()}.");
            var person = new Anybody(account, projects);
            pass = new DoorPass { Kind = PassKind.Person, Person = person };
            mayConnect = bytes?.Record is { } record && authority.May(person.Caller, Permission.TunnelsWrite, record.Belonging);
        }

        var (answer, steps) = PolicyJudge.Explain(policy, new PolicyQuestion
        {
            Pass = pass,
            Address = address is null ? null : IPAddress.Parse(address),
            Method = route is { Kind: not RouteKind.TlsPassthrough } ? method?.ToUpperInvariant() ?? "GET" : "CONNECT", // As the doors for bytes ask.
            Target = path ?? "/",
            Now = time.GetUtcNow(),
        });
        return !answer.IsAllowed && answer.Rule < 0 && mayConnect
            ? Explained(who, host, new PolicyAnswer(true, -1, false), steps, $"{who} may reach {host}: who may change a tunnel may connect to it.")
            : Explained(who is Anonymous ? null : who, host, answer, steps, null);
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

    // A tunnel that has no host: by its name, also as one under the hub's domain.
    private static LiveTunnel? ByName(string name, HubOptions options, TunnelRegistry tunnels)
    {
        var domain = "." + options.Domain;
        return tunnels.Find(name.EndsWith(domain, StringComparison.OrdinalIgnoreCase) ? name[..^domain.Length] : name);
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
        public Caller Caller { get; } = new() { Identity = account, Role = account.EffectiveRole, TokenId = "", TokenName = account.Name };

        public string Account => account.Name;

        public string? Email => account.Email;

        public IReadOnlySet<string> Groups => account.Groups;

        public bool IsMemberOf(string project) => projects.RoleOf(Caller, project) is not null;

        public bool MayOpenIn(string? project) => true;
    }
}
