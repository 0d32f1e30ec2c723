using System.Net;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.Http;

/// <summary>Where people reach the hub: for links that somebody else opens, or in a browser that signs in there.</summary>
internal static class PublicAddress
{
    /// <summary>
    /// Scheme, host and port without a slash at the end. Who asked by a loopback address or as <c>localhost</c> gets the hub's own name: that
    /// is where tunnels send their visitors to sign in, and a session on another name would be another one.
    /// </summary>
    public static string Of(HttpContext context, HubOptions options)
    {
        var asked = context.Request.Host;
        var isLoopback = asked.Host == "localhost" || (IPAddress.TryParse(asked.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
        var host = isLoopback ? new HostString(options.Domain + (asked.Port is { } port ? $":{port}" : "")) : asked;
        return $"{context.Request.Scheme}://{host}";
    }

    /// <summary>Where visitors reach a route's host: scheme, host and port without a slash at the end.</summary>
    public static string OfRoute(string host, HttpContext context, HubOptions options)
    {
        var (isTls, port) = Outside(context, options);
        return $"{(isTls ? "https" : "http")}://{host}{(port == (isTls ? 443 : 80) ? "" : $":{port}")}";
    }

    /// <summary>A hub with TLS has its routes there, whichever way the API was asked; one without has them where the asker came in.</summary>
    public static (bool IsTls, int Port) Outside(HttpContext context, HubOptions options)
    {
        if (options.ListenTls is [var first, ..])
            return (true, int.TryParse(first.AsSpan(first.LastIndexOf(':') + 1), out var port) && port > 0 ? port : context.Connection.LocalPort);
        var host = context.Request.Host;
        return (context.Request.IsHttps, host.Port ?? (context.Request.IsHttps ? 443 : 80));
    }
}
