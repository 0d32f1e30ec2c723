using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit route show</c>.</summary>
internal static class RouteShowCommand
{
    public static Command Create(HubAccessOptions access) => new ShowCommand<ExternalRoute>
    {
        Description = "Show an external route with its rules.",
        Name = new Argument<string>("NAME") { Description = "The route." },
        Prints = "the route as JSON",
        Get = static (api, name, cancellationToken) => api.GetExternalRouteAsync(name, cancellationToken),
        Json = static route => JsonSerializer.Serialize(route, AccessJson.Default.ExternalRoute),
        Text = Describe,
    }.Create(access);

    private static string Describe(ExternalRoute route)
    {
        var table = new Table("NAME", route.Name ?? "-");
        foreach (var origin in route.Origins)
            table.Add("ORIGIN", origin);
        table.Add("OWNER", route.Owner ?? "-");
        table.Add("PROJECT", route.Project ?? "-");
        table.Add("HUB", route.HubUrl ?? "its own domain");
        foreach (var (rule, i) in (route.Rules ?? []).Select(static (rule, i) => (rule, i)))
            table.Add($"RULE {i + 1}", Describe(rule));
        table.Add("ACCESS", route.Access);
        return table.ToString();
    }

    private static string Describe(AccessRule rule)
    {
        var words = new List<string> { rule.Allow ? "allow" : "deny", string.Join(',', rule.Who) };
        if (rule.Networks is { } networks)
            words.Add("from " + string.Join(',', networks));
        if (rule.Methods is { } methods)
            words.Add("with " + string.Join(',', methods));
        if (rule.Paths is { } paths)
            words.Add("at " + string.Join(',', paths));
        if (rule.Expires is { } end)
            words.Add("until " + Words.Date(end));
        return RequestLine.Safe(string.Join(' ', words));
    }
}
