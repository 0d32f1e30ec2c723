using System.CommandLine;
using Adit.Api;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit tunnel ls</c>.</summary>
internal static class TunnelListCommand
{
    public static Command Create(HubAccessOptions access) => new ListCommand<Tunnel>
    {
        Description = "List the tunnels that the token may see, without those that are ports of tasks: 'adit ps' has their addresses.",
        Plural = "tunnels",
        List = static (api, _, cancellationToken) => api.ListTunnelsAsync(cancellationToken),
        Json = static () => TunnelsJson.Default.Tunnel,
        Columns = ["NAME", "KIND", "STATE", "ACCESS", "ADDRESS", "TARGET", "REQUESTS", "OUT"],
        Row = static t =>
        [
            t.Name,
            Words.Of(t.Kind),
            t.State == TunnelState.Up ? "up" : t.Keep ? "down (kept)" : "down",
            t.Access + (t.Rules is null ? "" : ", after its rules"),
            t.Url ?? "adit connect " + t.Name,
            t.Servers.Count == 0 ? "-" : t.Servers[0].Target + (t.Servers.Count > 1 ? $" +{t.Servers.Count - 1}" : ""),
            Words.Count(t.Kind == TunnelKind.Http ? t.Traffic.Requests : t.Traffic.Streams),
            Words.Bytes(t.Traffic.BytesOut),
        ],
        Aside = new ListAside<Tunnel>(
            static t => t.Task is not null, "Also the ports of tasks, as JSON has them always.", static count => $"{count} {(count == 1 ? "port of a task is" : "ports of tasks are")} not shown (--all).",
            static count => $"There are no tunnels but {count} {(count == 1 ? "port of a task" : "ports of tasks")} (--all shows {(count == 1 ? "it" : "them")}). Make one with 'adit tunnel http PORT'."),
        Empty = "There are no tunnels. Make one with 'adit tunnel http PORT'.",
    }.Create(access);
}
