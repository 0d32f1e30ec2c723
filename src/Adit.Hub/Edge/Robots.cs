using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Edge;

/// <summary>What a request is that nobody made who waits for the answer.</summary>
internal enum RobotKind : byte
{
    /// <summary>It may be a person's, or a program's at work.</summary>
    None,

    /// <summary>A crawler, or what shows a card for a link.</summary>
    Bot,

    /// <summary>A health check or a collector of metrics.</summary>
    Probe,

    /// <summary>A browser that guesses where its user will go.</summary>
    Prefetch,
}

/// <summary>Knows robots by what they say they are. None of it keeps anybody out: it only says what counts as use.</summary>
internal static class Robots
{
    private static readonly SearchValues<string> Bots = SearchValues.Create(
        ["bot/", "bot;", "bot)", "bot ", "bot-", "crawl", "spider", "slurp", "facebookexternalhit", "embedly", "whatsapp/", "skypeuripreview", "linkpreview", "bingpreview", "mediapartners"],
        StringComparison.OrdinalIgnoreCase);

    private static readonly SearchValues<string> Probes = SearchValues.Create(
        ["kube-probe", "prometheus/", "googlehc", "healthcheck", "uptime", "pingdom", "statuscake", "blackbox", "check_http", "zabbix", "nagios", "site24x7", "haproxy"],
        StringComparison.OrdinalIgnoreCase);

    /// <summary>What a request is, by its head.</summary>
    public static RobotKind KindOf(IHeaderDictionary headers)
    {
        var agent = headers.UserAgent.ToString().AsSpan();
        if (agent.ContainsAny(Bots) || agent.EndsWith("bot", StringComparison.OrdinalIgnoreCase))
            return RobotKind.Bot;
        if (agent.ContainsAny(Probes))
            return RobotKind.Probe;
        return IsGuess(headers["Sec-Purpose"].ToString()) || IsGuess(headers["Purpose"].ToString()) || IsGuess(headers["X-Moz"].ToString()) ? RobotKind.Prefetch : RobotKind.None;
    }

    private static bool IsGuess(string purpose) =>
        purpose.Length > 0 && (purpose.Contains("prefetch", StringComparison.OrdinalIgnoreCase) || purpose.Contains("preview", StringComparison.OrdinalIgnoreCase)
            || purpose.Contains("prerender", StringComparison.OrdinalIgnoreCase));
}
