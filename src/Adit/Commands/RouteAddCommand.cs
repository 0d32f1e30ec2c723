using System.CommandLine;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Runner.Tunnels;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit route add</c>.</summary>
internal static class RouteAddCommand
{
    public static Command Create(HubAccessOptions access)
    {
        var name = new Argument<string>("NAME") { Description = "Its name on the hub: a-z, 0-9 and hyphens." };
        var origins = Many("--origin", "URL", "Where its visitors are: scheme, host and port, such as https://wiki.example.com.");
        origins.Required = true;
        var who = new Option<string>("--access")
        {
            Description = "Who may pass: owner (whoever makes the route), project, signed-in, public, group:NAME, user:NAME, or several with commas.", HelpName = "WHO",
            DefaultValueFactory = static _ => TunnelAccess.SignedIn,
        };
        var networks = Many("--allow-network", "CIDR", "Only from this network: 10.0.0.0/8, 192.0.2.7.");
        var methods = Many("--allow-method", "METHOD", "Only this method.");
        var paths = Many("--allow-path", "PATH", "Only this path; '/api/*' is /api and all below.");
        var denied = Many("--deny-path", "PATH", "Not this path, for nobody.");
        var project = new Option<string?>("--project") { Description = "The project whose members 'project' means.", HelpName = "NAME" };
        var hubUrl = new Option<string?>("--hub-url") { Description = "Where visitors reach the hub, when that is not its domain at its first listener.", HelpName = "URL" };
        var replace = new Option<bool>("--replace") { Description = "Replace the route of this name, rules and all." };
        var command = new Command("add", "Have the hub decide who may open hosts that another proxy serves.")
        {
            name, origins, who, networks, methods, paths, denied, project, hubUrl, replace,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            var plan = new AccessPlan
            {
                Access = parsed.GetValue(who), Networks = [.. parsed.GetValue(networks) ?? []], Methods = [.. parsed.GetValue(methods) ?? []],
                Paths = [.. parsed.GetValue(paths) ?? []], DeniedPaths = [.. parsed.GetValue(denied) ?? []],
            };
            var route = new ExternalRoute
            {
                Origins = parsed.GetValue(origins)!, Access = plan.Access!, Rules = plan.Rules(hasPassword: false, hasToken: false),
                Project = parsed.GetValue(project), HubUrl = parsed.GetValue(hubUrl),
            };
            return RunAsync(access.Read(parsed), parsed.GetValue(name)!, route, parsed.GetValue(replace), cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(HubAccess hub, string name, ExternalRoute route, bool mayReplace, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        try
        {
            await api.PutExternalRouteAsync(name, route, mayReplace, cancellationToken);
        }
        catch (HubApiException e) when (e.Code == "changed" && !mayReplace)
        {
            throw new CommandException(ExitCode.NotFoundOrTaken, $"There is an external route '{name}' already; --replace puts this one in its place.");
        }

        Screen.Note($"The hub decides who may open {string.Join(", ", route.Origins)}. 'adit route proxy {name} caddy' prints what Caddy needs; also 'traefik' and 'nginx'.");
        return ExitCode.Ok;
    }

    private static Option<string[]> Many(string name, string value, string help) =>
        new(name) { Description = help + " May be repeated.", HelpName = value, Arity = ArgumentArity.OneOrMore };
}
