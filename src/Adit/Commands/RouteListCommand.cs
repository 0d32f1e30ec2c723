using System.CommandLine;
using Adit.Api;

namespace Adit.Commands;

/// <summary><c>adit route ls</c>.</summary>
internal static class RouteListCommand
{
    public static Command Create(HubAccessOptions access) => new ListCommand<ExternalRoute>
    {
        Description = "List the external routes.",
        Plural = "external routes",
        List = static (api, _, cancellationToken) => api.ListExternalRoutesAsync(cancellationToken),
        Json = static () => AccessJson.Default.ExternalRoute,
        Columns = ["NAME", "ORIGINS", "ACCESS", "PROJECT", "OWNER"],
        Row = static r => [r.Name ?? "-", string.Join(' ', r.Origins), r.Access + (r.Rules is { Count: > 0 } ? " *" : ""), r.Project ?? "-", r.Owner ?? "-"],
        Empty = "There are no external routes that you may see. An admin makes one with 'adit route add NAME --origin URL'.",
    }.Create(access);
}
