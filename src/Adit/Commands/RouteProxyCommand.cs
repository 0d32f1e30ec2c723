using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit route proxy</c>: what Caddy, Traefik or nginx needs to ask the hub.</summary>
internal static class RouteProxyCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var name = new Argument<string>("NAME") { Description = "The route." };
        var proxy = new Argument<string>("PROXY") { Description = "caddy, traefik or nginx." };
        proxy.AcceptOnlyFromAmong("caddy", "traefik", "nginx");
        var to = new Option<string>("--to") { Description = "Where the application listens.", HelpName = "HOST:PORT", DefaultValueFactory = static _ => "127.0.0.1:9000" };
        var ask = new Option<string?>("--ask") { Description = "Where the proxy reaches the hub. Default: where the hub says that it listens.", HelpName = "URL" };
        var json = new Option<bool>("--json") { Description = "Print a JSON object." };
        var command = new Command("proxy", "Print what to write into Caddy, Traefik or nginx so that it asks the hub who may pass.") { name, proxy, to, ask, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            access.Read(parsed), parsed.GetValue(name)!, parsed.GetValue(proxy)!, parsed.GetValue(to)!, parsed.GetValue(ask), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string name, string proxy, string to, string? ask, bool json, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var configuration = await api.GetProxyConfigurationAsync(name, proxy, to, ask, cancellationToken);
        Screen.Line(json ? JsonSerializer.Serialize(configuration, AccessJson.Default.ProxyConfiguration) : configuration.Text.TrimEnd('\n'));
        if (!json)
        {
            foreach (var warning in configuration.Warnings)
                Screen.Note(warning);
        }

        return ExitCode.Ok;
    }
}
