using Adit.Hub.Access;
using Adit.Hub.Access.Audit;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Tunnels;

/// <summary>
/// What the audit log is told about tunnels: that they are made and removed by somebody, and that it changes who may use them. Clients
/// that come and go are no news to it.
/// </summary>
internal sealed class TunnelAudit(AuditLog audit)
{
    /// <summary>A tunnel was made, or told something else.</summary>
    /// <param name="context">By whom.</param>
    /// <param name="before">What it was; null when it is new.</param>
    /// <param name="now">What it is.</param>
    public Task ChangedAsync(HttpContext context, TunnelRecord? before, TunnelRecord now)
    {
        if (before is null)
            return RecordAsync(context, "tunnel.create", now.Name, Of(now));
        var changed = Changes(before, now);
        return changed.Count == 0 ? Task.CompletedTask : RecordAsync(context, "policy.change", now.Name, changed);
    }

    /// <summary>What of a policy differs: by what it is called, what was and what is.</summary>
    public static Dictionary<string, string> Changes(TunnelRecord before, TunnelRecord now)
    {
        var (was, @is) = (Of(before), Of(now));
        return @is.Keys.Union(was.Keys).Where(key => was.GetValueOrDefault(key) != @is.GetValueOrDefault(key))
            .ToDictionary(static key => key, key => $"{was.GetValueOrDefault(key, "-")} -> {@is.GetValueOrDefault(key, "-")}");
    }

    /// <summary>A tunnel was removed by somebody.</summary>
    public Task RemovedAsync(HttpContext context, string name) => RecordAsync(context, "tunnel.remove", name, null);

    // What decides who may use it. Secrets are named and not shown.
    private static Dictionary<string, string> Of(TunnelRecord record)
    {
        var policy = new Dictionary<string, string> { ["access"] = record.Access };
        if (record.RulesText() is { } rules)
            policy["rules"] = rules.Length <= 1000 ? rules : rules[..1000] + "…";
        if (record.Project is { } project)
            policy["project"] = project;
        if (record.Options?.BasicAuth is { } basic)
            policy["basic"] = basic[..basic.IndexOf(':', StringComparison.Ordinal)];
        if (record.Options?.VisitorToken is { } token)
            policy["token"] = token[..8]; // Of its hash: tells that it is another one, and nothing else.
        return policy;
    }

    private Task RecordAsync(HttpContext context, string action, string tunnel, IReadOnlyDictionary<string, string>? detail) =>
        audit.RecordAsync(AuditEntry.By(context.Caller(), action, "tunnel:" + tunnel, context.Address()) with { Detail = detail });
}
