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
    private const int MostText = 1000;
    private static readonly (string Text, string? Whole) None = ("-", null);

    /// <summary>A tunnel was made, or told something else.</summary>
    /// <param name="context">By whom.</param>
    /// <param name="before">What it was; null when it is new.</param>
    /// <param name="now">What it is.</param>
    public Task ChangedAsync(HttpContext context, TunnelRecord? before, TunnelRecord now)
    {
        if (before is null)
            return RecordAsync(context, "tunnel.create", now.Name, Of(now).ToDictionary(static p => p.Key, static p => p.Value.Text));
        var changed = Changes(before, now);
        return changed.Count == 0 ? Task.CompletedTask : RecordAsync(context, "policy.change", now.Name, changed);
    }

    /// <summary>What of a policy differs: by what it is called, what was and what is.</summary>
    public static Dictionary<string, string> Changes(TunnelRecord before, TunnelRecord now)
    {
        var (was, @is) = (Of(before), Of(now));
        return @is.Keys.Union(was.Keys).Where(key => was.GetValueOrDefault(key) != @is.GetValueOrDefault(key)).ToDictionary(static key => key, key =>
        {
            var (then, current) = (was.GetValueOrDefault(key, None), @is.GetValueOrDefault(key, None));
            return $"{then.Text} -> {(then.Text == current.Text ? $"{current.Text} (another)" : current.Text)}";
        });
    }

    /// <summary>A tunnel was removed by somebody.</summary>
    public Task RemovedAsync(HttpContext context, string name) => RecordAsync(context, "tunnel.remove", name, null);

    // What decides who may use it. What is long is cut, and secrets are only said to be there, or to be others: not even of their hashes is
    // anything written, since people choose them.
    private static Dictionary<string, (string Text, string? Whole)> Of(TunnelRecord record)
    {
        var policy = new Dictionary<string, (string Text, string? Whole)> { ["access"] = (record.Access, null) };
        if (record.RulesText() is { } rules)
            policy["rules"] = (Cut(rules), rules);
        if (record.Project is { } project)
            policy["project"] = (project, null);
        if (record.CustomHosts.Count > 0)
            policy["hosts"] = (Cut(string.Join(' ', record.CustomHosts)), string.Join(' ', record.CustomHosts));
        if (record.Options?.BasicAuth is { } basic)
            policy["basic"] = (basic[..basic.IndexOf(':', StringComparison.Ordinal)], basic);
        if (record.Options?.VisitorToken is { } token)
            policy["token"] = ("set", token);
        if (record.Options?.CrossSite == true)
            policy["crossSite"] = ("true", null);
        return policy;
    }

    private static string Cut(string text) => text.Length <= MostText ? text : text[..MostText] + "…";

    private Task RecordAsync(HttpContext context, string action, string tunnel, IReadOnlyDictionary<string, string>? detail) =>
        audit.RecordAsync(AuditEntry.By(context.Caller(), action, "tunnel:" + tunnel, context.Address()) with { Detail = detail });
}
