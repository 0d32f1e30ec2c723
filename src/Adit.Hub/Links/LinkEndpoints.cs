using System.Net;
using System.Net.WebSockets;
using Adit.Hub.Access;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Http;
using Adit.Link;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Adit.Hub.Links;

/// <summary>
/// Where links begin when they come through the web server: control connections always, data connections when something in front of the
/// hub changed them so that the door did not know them. See docs/reference/link.md.
/// </summary>
internal static class LinkEndpoints
{
    private const int DefaultMaxStreams = 10_000;

    /// <summary>Maps the two paths of the link protocol.</summary>
    public static void MapLinks(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(LinkProtocol.ControlPath, ServeControlAsync).NeedsCaller().ExcludeFromDescription();
        routes.MapGet(LinkProtocol.DataPath, ServeDataAsync).NeedsNobody().ExcludeFromDescription(); // Its ticket is its authorization.
    }

    private static async Task ServeControlAsync(HttpContext context, LinkHost host)
    {
        var caller = context.Caller();
        if (!caller.Scopes.Touches(Permission.TunnelsWrite) && !caller.Scopes.Touches(Permission.RunnerServe))
        {
            await Problems.Forbidden($"This token was not made for links: it lacks the scope {Permission.TunnelsWrite} or {Permission.RunnerServe}.").ExecuteAsync(context);
            return;
        }

        if (!context.WebSockets.IsWebSocketRequest || !context.WebSockets.WebSocketRequestedProtocols.Contains(LinkProtocol.SubProtocol))
        {
            await Problems.Invalid($"A link begins with a WebSocket of subprotocol {LinkProtocol.SubProtocol}.").ExecuteAsync(context);
            return;
        }

        if (caller.IsSession)
        {
            // Pages hold no links, and a session's end would have to close them.
            await Problems.Forbidden("A link is held by a token; a browser's session holds none.").ExecuteAsync(context);
            return;
        }

        var principal = new LinkPrincipal { TokenId = caller.TokenId, Account = caller.Account, MaxStreams = caller.MaxStreams ?? DefaultMaxStreams };
        using var socket = await context.WebSockets.AcceptWebSocketAsync(
            new WebSocketAcceptContext { SubProtocol = LinkProtocol.SubProtocol, KeepAliveInterval = TimeSpan.Zero });
        await host.ServeControlAsync(socket, principal, Remote(context), context.RequestAborted);
    }

    private static async Task ServeDataAsync(HttpContext context, LinkHost host)
    {
        if (DataHandshake.TicketOf(context.Request.Headers.Authorization) is not { } ticket || host.Redeem(ticket) is not { } admission)
        {
            await Problems.Of(
                StatusCodes.Status401Unauthorized,
                "unauthorized",
                "The ticket is unknown, used, or older than 30 seconds.").ExecuteAsync(context);
            return;
        }

        using var undone = admission; // Whatever comes of the upgrade, the link is not left waiting for it.
        if (await UpgradeAsync(context) is not { } stream)
        {
            await Problems.Of(
                StatusCodes.Status426UpgradeRequired,
                "upgrade",
                $"A data connection upgrades to {LinkProtocol.DataUpgrade} or to WebSocket.").ExecuteAsync(context);
            return;
        }

        await using (stream)
            await admission.ServeAsync(new StreamWire(stream, Remote(context), context.Abort));
    }

    private static async Task<Stream?> UpgradeAsync(HttpContext context)
    {
        if (context.WebSockets.IsWebSocketRequest)
        {
            var socket = await context.WebSockets.AcceptWebSocketAsync(
                new WebSocketAcceptContext { SubProtocol = LinkProtocol.SubProtocol, KeepAliveInterval = TimeSpan.Zero });
            return WebSocketStream.Create(socket, WebSocketMessageType.Binary, ownsWebSocket: true);
        }

        if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } upgrade
            || !string.Equals(context.Request.Headers.Upgrade, LinkProtocol.DataUpgrade, StringComparison.OrdinalIgnoreCase))
            return null;
        context.Response.Headers.Upgrade = LinkProtocol.DataUpgrade;
        return await upgrade.UpgradeAsync();
    }

    private static IPEndPoint? Remote(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address ? new IPEndPoint(address, context.Connection.RemotePort) : null;
}
