using System.CommandLine;

namespace Adit.Commands;

/// <summary><c>adit route</c>: external routes, hosts that another proxy serves and asks the hub about.</summary>
internal static class RouteCommand
{
    public static Command Create()
    {
        var access = new HubAccessOptions();
        var command = new Command("route", "Decide who may open hosts that Caddy, Traefik or nginx serves: external routes, an admin's.")
        {
            RouteAddCommand.Create(access),
            RouteListCommand.Create(access),
            RouteShowCommand.Create(access),
            RouteProxyCommand.Create(access),
            RouteRemoveCommand.Create(access),
        };
        access.AddTo(command);
        return command;
    }
}
