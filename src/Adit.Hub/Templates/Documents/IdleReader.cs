using System.Globalization;
using System.Text.RegularExpressions;
using Adit.Api;

namespace Adit.Hub.Templates.Documents;

/// <summary>Reads <c>idle</c>, as it holds for a session; a job is never idle, because it ends by itself.</summary>
internal sealed class IdleReader(TemplateProblems problems)
{
    private static readonly TimeSpan Most = TimeSpan.FromDays(3650);
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromMinutes(60);
    private static readonly TimeSpan LongestWarning = TimeSpan.FromMinutes(10);

    // What monitors, browsers and common libraries send by themselves: engine.io's ping and pong, SignalR's ping.
    private static readonly string[] UsualPaths = ["/healthz", "/metrics", "/favicon.ico", "/robots.txt", "/static/*"];
    private static readonly string[] UsualMessages = ["^[23]$", "^\\{\"type\":6\\}\\x1e?$"];

    public IdlePolicy Read(MapNode? idle)
    {
        var steps = Steps(idle);
        var signals = idle?["signals"] as MapNode;
        var compute = signals?["compute"] as MapNode;
        var computes = BodyReader.Flag(signals?["compute"]) ?? true;
        var last = steps.Count > 0 ? steps[^1].After : TimeSpan.Zero;
        TimeSpan? age = idle?["maxAge"] is TextNode { Text: "never" } ? null : Span(idle?["maxAge"]) ?? TimeSpan.FromDays(7);
        var end = steps.Count > 0 ? last : age ?? TimeSpan.Zero; // What ends of its age alone is warned of too.
        var warn = Span(idle?["warn"]) ?? Least(LongestWarning, end / 5);
        if (steps.Count > 0 && warn >= last)
            problems.Add(idle!["warn"]!.At, "spec.idle.warn: it would warn before there is anything to warn of; it is shorter than the timeout");
        var (ttl, perDay) = Lease(idle?["lease"] as MapNode);
        return new IdlePolicy
        {
            Steps = steps,
            Warn = Least(warn, end),
            Requests = BodyReader.Flag(signals?["request"]) ?? true,
            WebSocket = BodyReader.Flag(signals?["websocket"]) ?? true,
            JupyterKernels = BodyReader.Text(signals?["kernel"]) == "jupyter",
            ComputeCpu = computes ? Part(compute?["cpu"]) : null,
            ComputeGpu = computes ? Part(compute?["gpu"]) : null,
            ComputeWindow = Span(compute?["window"]) ?? TimeSpan.FromMinutes(5),
            IgnorePaths = idle?["ignorePaths"] is { } paths ? BodyReader.Texts(paths) : UsualPaths,
            IgnoreMessages = idle?["wsIgnore"] is { } messages ? Expressions(messages) : UsualMessages,
            WebSocketPassiveMax = Span(idle?["wsPassiveMax"]) ?? TimeSpan.FromMinutes(30),
            BusyMax = Span(idle?["busyMax"]) ?? TimeSpan.FromHours(24),
            MinUptime = Span(idle?["minUptime"]) ?? Least(LongestWarning, last),
            MaxAge = age,
            LeaseMaxTtl = ttl,
            LeaseMaxPerDay = perDay,
        };
    }

    /// <summary>A span of time that fits the schema; null when there is none, or it is too long.</summary>
    public static TimeSpan? Span(TemplateNode? node, TimeSpan most, TemplateProblems problems)
    {
        if (node is not TextNode text)
            return null;
        if (Duration.TryParse(text.Text, out var span) && span <= most)
            return span;
        problems.Add(text.At, string.Create(CultureInfo.InvariantCulture, $"'{TemplateProblems.Shown(text.Text)}' is too long; at most {most.TotalHours} hours are taken"));
        return null;
    }

    private List<IdleStep> Steps(MapNode? idle)
    {
        if (idle?["ladder"] is ListNode ladder)
        {
            if ((idle["timeout"] ?? idle["action"]) is { } both)
                problems.Add(both.At, "spec.idle: the ladder stands in place of timeout and action; leave these out");
            return Ladder(ladder);
        }

        if (idle?["timeout"] is TextNode { Text: "never" })
            return [];
        var after = Span(idle?["timeout"]) ?? LongestTimeout;
        if (after < TimeSpan.FromSeconds(1))
            problems.Add(idle!["timeout"]!.At, "spec.idle.timeout: it is at least 1s; write never for none");
        return [new IdleStep(after, Action(idle?["action"]))];
    }

    private List<IdleStep> Ladder(ListNode ladder)
    {
        var steps = new List<IdleStep>();
        foreach (var item in ladder.Items.Cast<MapNode>())
        {
            var step = new IdleStep(Span(item["after"]) ?? LongestTimeout, Action(item["action"]));
            if (steps.Count > 0 && step.After <= steps[^1].After)
                problems.Add(item.At, "spec.idle.ladder: each step comes later than the one before it");
            if (steps.Count > 0 && steps[^1].Action == IdleAction.Stop)
                problems.Add(item.At, "spec.idle.ladder: nothing follows on a stop");
            steps.Add(step);
        }

        return steps;
    }

    private (TimeSpan Ttl, TimeSpan PerDay) Lease(MapNode? lease)
    {
        var ttl = Span(lease?["maxTtl"]) ?? TimeSpan.FromHours(12);
        return (ttl, Span(lease?["maxPerDay"]) ?? (TimeSpan.FromHours(48) > ttl ? TimeSpan.FromHours(48) : ttl));
    }

    private List<string> Expressions(TemplateNode? node)
    {
        var all = new List<string>();
        foreach (var item in BodyReader.Items(node).Cast<TextNode>())
        {
            if (Expression(item.Text, out var why) is not null)
                all.Add(item.Text);
            else
                problems.Add(item.At, $"spec.idle.wsIgnore: '{TemplateProblems.Shown(item.Text)}' is no regular expression that is taken: {why}");
        }

        return all;
    }

    /// <summary>An expression that takes time in proportion to what it reads; null, and why, when it is none.</summary>
    public static Regex? Expression(string pattern, out string? why)
    {
        try
        {
            why = null;
            return new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
        }
        catch (NotSupportedException)
        {
            why = "backreferences and look-around are not taken";
        }
        catch (ArgumentException e)
        {
            why = TemplateProblems.Shown(e.Message).TrimEnd('.');
        }

        return null;
    }

    private static double Part(TemplateNode? node) =>
        node is TextNode text ? double.Parse(text.Text[..^1], CultureInfo.InvariantCulture) / 100 : 0.05;

    private static IdleAction Action(TemplateNode? node) => BodyReader.Text(node) == "freeze" ? IdleAction.Freeze : IdleAction.Stop;

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private TimeSpan? Span(TemplateNode? node) => Span(node, Most, problems);
}
