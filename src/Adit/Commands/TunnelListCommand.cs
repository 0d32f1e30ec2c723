using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit tunnel ls</c>.</summary>
internal static class TunnelListCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var json = new Option<bool>("--json") { Description = "Print a JSON array of tunnels." };
        var command = new Command("ls", "List the tunnels that the token may see.") { json };
        command.SetAction((parsed, cancellationToken) => RunAsync(access.Read(parsed), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var tunnels = await api.ListTunnelsAsync(cancellationToken);
        if (json)
        {
            Screen.Line($"[{string.Join(",", tunnels.Select(static t => JsonSerializer.Serialize(t, TunnelsJson.Default.Tunnel)))}]");
            return ExitCode.Ok;
        }

        if (tunnels.Count == 0)
        {
            Screen.Note("There are no tunnels. Make one with 'adit tunnel http PORT'.");
            return ExitCode.Ok;
        }

        var table = new Table("NAME", "KIND", "STATE", "ACCESS", "ADDRESS", "TARGET", "REQUESTS", "OUT");
        foreach (var t in tunnels)
        {
            table.Add(
                t.Name,
                Words.Of(t.Kind),
                t.State == TunnelState.Up ? "up" : t.Keep ? "down (kept)" : "down",
                t.Access == TunnelAccess.Owner ? "owner" : "public",
                t.Url ?? "adit connect " + t.Name,
                t.Servers.Count == 0 ? "-" : t.Servers[0].Target + (t.Servers.Count > 1 ? $" +{t.Servers.Count - 1}" : ""),
                Words.Count(t.Kind == TunnelKind.Http ? t.Traffic.Requests : t.Traffic.Streams),
                Words.Bytes(t.Traffic.BytesOut));
        }

        Screen.Line(table.ToString());
        return ExitCode.Ok;
    }
}
