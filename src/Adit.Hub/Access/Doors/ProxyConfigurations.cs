using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Adit.Api;

namespace Adit.Hub.Access.Doors;

/// <summary>
/// What an operator writes into Caddy, Traefik or nginx so that it asks the hub about the hosts of an external route. What comes from
/// outside is checked before it becomes a part of it: the text goes into somebody's configuration.
/// </summary>
internal sealed partial class ProxyConfigurations(HubOptions options)
{
    private const string Identity = "X-Forwarded-User X-Forwarded-Email X-Forwarded-Groups X-Adit-Assertion";

    /// <summary>The configuration of one proxy.</summary>
    /// <param name="route">The route, with its name.</param>
    /// <param name="proxy"><c>caddy</c>, <c>traefik</c> or <c>nginx</c>.</param>
    /// <param name="to">Where the application is: <c>HOST:PORT</c>.</param>
    /// <param name="ask">Where the proxy reaches the hub: <c>http://127.0.0.1:8080</c>; null for where this hub listens.</param>
    /// <param name="localPort">The port of the listener that was asked, for hubs that chose one by themselves.</param>
    /// <exception cref="FormatException">One of them is not what it must be.</exception>
    public ProxyConfiguration Write(ExternalRoute route, string proxy, string to, string? ask, int localPort)
    {
        if (to.Length > 260 || !HostAndPort.IsMatch(to))
            throw new FormatException("'to' is where the application listens: HOST:PORT, such as 127.0.0.1:9000.");
        var hub = ask is null ? Default(localPort) : Origin(ask);
        var text = proxy switch
        {
            "caddy" => Caddy(route, to, hub),
            "traefik" => Traefik(route, to, hub),
            "nginx" => Nginx(route, to, hub),
            _ => throw new FormatException("The proxy is caddy, traefik or nginx."),
        };
        return new ProxyConfiguration { Proxy = proxy, Text = text, Warnings = Warnings() };
    }

    // Line ends are those of the files that it goes into, whatever this file has.
    private static string Lines(string text) => text.ReplaceLineEndings("\n") + "\n";

    private string Caddy(ExternalRoute route, string to, string hub) => Lines($$"""
        {{string.Join(", ", route.Origins)}} {
          handle /_adit/* {
            reverse_proxy {{hub}}
          }
          handle {
            forward_auth {{hub}} {
              uri /authz/forward-auth
              header_up Host {{options.Domain}}
              copy_headers {{Identity}}
            }
            reverse_proxy {{to}}
          }
        }
        """);

    private static string Traefik(ExternalRoute route, string to, string hub)
    {
        var name = route.Name!;
        var hosts = string.Join(" || ", route.Origins.Select(static o => $"Host(`{new Uri(o).Host}`)"));
        var some = route.Origins.Count > 1 ? $"({hosts})" : hosts;
        var cookie = route.Origins.Any(static o => o.StartsWith("https:", StringComparison.OrdinalIgnoreCase)) ? "__Host-adit_t" : "adit_ticket";
        return Lines($$"""
            http:
              routers:
                {{name}}:
                  rule: {{hosts}}
                  middlewares: [adit-{{name}}]
                  service: {{name}}
                {{name}}-adit:
                  rule: {{some}} && PathPrefix(`/_adit/`)
                  service: adit
              middlewares:
                adit-{{name}}:
                  forwardAuth:
                    address: {{hub}}/authz/forward-auth
                    authResponseHeaders: [{{Identity.Replace(" ", ", ", StringComparison.Ordinal)}}]
                    addAuthCookiesToResponse: [{{cookie}}]
              services:
                {{name}}:
                  loadBalancer:
                    servers: [{url: "http://{{to}}"}]
                adit:
                  loadBalancer:
                    servers: [{url: "{{hub}}"}]
            """);
    }

    private string Nginx(ExternalRoute route, string to, string hub) => Lines($$"""
        # Inside of the server block of {{string.Join(", ", route.Origins.Select(static o => new Uri(o).Host))}}.
        location /_adit/ {
          proxy_pass {{hub}};
          proxy_set_header Host $http_host;
          proxy_set_header X-Forwarded-Proto $scheme;
          proxy_set_header X-Forwarded-For $remote_addr;
        }
        location = /_ask {
          internal;
          proxy_pass {{hub}}/authz/auth-request;
          proxy_pass_request_body off;
          proxy_set_header Content-Length "";
          proxy_set_header Host {{options.Domain}};
          proxy_set_header X-Original-URL $scheme://$http_host$request_uri;
          proxy_set_header X-Original-Method $request_method;
          proxy_set_header X-Forwarded-For $remote_addr;
        }
        location @sign_in {
          return 302 /_adit/start?to=$request_uri;
        }
        location / {
          auth_request /_ask;
          auth_request_set $adit_user $upstream_http_x_forwarded_user;
          auth_request_set $adit_email $upstream_http_x_forwarded_email;
          auth_request_set $adit_groups $upstream_http_x_forwarded_groups;
          auth_request_set $adit_assertion $upstream_http_x_adit_assertion;
          error_page 401 = @sign_in;
          proxy_set_header X-Forwarded-User $adit_user;
          proxy_set_header X-Forwarded-Email $adit_email;
          proxy_set_header X-Forwarded-Groups $adit_groups;
          proxy_set_header X-Adit-Assertion $adit_assertion;
          proxy_pass http://{{to}};
        }
        """);

    private IReadOnlyList<string> Warnings() => options.TrustedProxies.Count > 0
        ? []
        : ["The hub answers no proxy yet: name the address that this one comes from in 'trusted-proxies' of the hub's configuration, and start the hub again."];

    // In clear where the hub listens so: what a trusted proxy asks there is not redirected.
    private string Default(int localPort)
    {
        if (options.Listen is [var first, ..] && ListenAddress.TryParse(first, out var at))
        {
            var address = at.Address.Equals(IPAddress.Any) || at.Address.Equals(IPAddress.IPv6Any) ? IPAddress.Loopback : at.Address;
            return "http://" + new IPEndPoint(address, at.Port == 0 ? localPort : at.Port);
        }

        return options.HttpsPort is null or 443 ? "https://" + options.Domain : string.Create(CultureInfo.InvariantCulture, $"https://{options.Domain}:{options.HttpsPort}");
    }

    private static string Origin(string text) =>
        text.Length <= 260 && Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.PathAndQuery == "/" && uri.UserInfo.Length == 0
            && uri.Fragment.Length == 0 && HostAndPort.IsMatch($"{uri.Host}:{uri.Port}")
            ? uri.GetLeftPart(UriPartial.Authority)
            : throw new FormatException("'ask' is where the proxy reaches the hub: scheme, host and port, such as http://127.0.0.1:8080.");

    [GeneratedRegex(@"^([A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\]):[0-9]{1,5}\z")]
    private static partial Regex HostAndPort { get; }
}
