using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Doors;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Gate;

namespace Adit.Hub.Tunnels;

/// <summary>Compiles a stored tunnel to what the edge reads.</summary>
internal sealed class TunnelCompiler(HubOptions options, ITunnelWatch? watch, IAccessCap? cap, ITaskKeepers? keepers = null)
{
    /// <summary>All host names of a tunnel: its own first.</summary>
    public static IReadOnlyList<string> Hosts(TunnelRecord record, string domain) =>
        record.Kind == TunnelKind.Tcp ? [] : [$"{record.Name}.{domain}", .. record.CustomHosts];

    /// <summary>Whether two sets of options say the same.</summary>
    public static bool Same(TunnelOptions? one, TunnelOptions? other) => Text(one) == Text(other);

    /// <summary>
    /// Options as they are stored: of passwords and tokens only the SHA-256 remains, as <c>USER:HEX</c> and <c>HEX</c>.
    /// </summary>
    public static TunnelOptions? Sealed(TunnelOptions? options) => options is null ? null : options with
    {
        BasicAuth = options.BasicAuth is { } basic ? $"{basic[..basic.IndexOf(':', StringComparison.Ordinal)]}:{Seal(basic)}" : null,
        VisitorToken = options.VisitorToken is { } token ? Seal(token) : null,
    };

    /// <summary>Options as the API shows them.</summary>
    public static TunnelOptions? Masked(TunnelOptions? options) => options is null ? null : options with
    {
        BasicAuth = options.BasicAuth is { } basic ? basic[..basic.LastIndexOf(':')] + ":***" : null,
        VisitorToken = options.VisitorToken is null ? null : "***",
    };

    /// <summary>The route of an http or tls tunnel.</summary>
    public Route Route(TunnelRecord record, LiveTunnel tunnel) => new()
    {
        Name = record.Name,
        Kind = record.Kind == TunnelKind.Tls ? RouteKind.TlsPassthrough : RouteKind.Http,
        Policy = Policy(record),
        Upstream = tunnel.Upstream!,
        Transforms = Transforms(record, tunnel.Upstream!),
        Limits = tunnel.Limits,
        Meter = tunnel.Meter,
        Life = tunnel.Life,
        Keeper = record.Task is { } task ? keepers?.Of(task) : null,
        Observer = record.Options?.Inspect == false || options.InspectRequests == 0 ? null : watch?.Observe(record.Name, record.Belonging),
    };

    /// <summary>The bounds of a tunnel.</summary>
    public static RouteLimits Limits(TunnelRecord record, Caller? caller) => new()
    {
        MaxRequestBytes = record.Options?.MaxRequestBytes,
        ResponseHeadTimeout = record.Options?.ResponseTimeoutSeconds is { } seconds
            ? TimeSpan.FromSeconds(seconds)
            : RouteLimits.Default.ResponseHeadTimeout,
        MaxConcurrent = caller?.MaxStreams ?? RouteLimits.Default.MaxConcurrent,
        Bandwidth = caller?.Bandwidth,
    };

    /// <summary>Who may use a tunnel.</summary>
    public RoutePolicy Policy(TunnelRecord record) => Policies.Compile(
        new PolicySource(record.Account, record.Access)
        {
            Project = record.Project,
            Rules = record.Rules,
            BasicAuthHash = Hash(record.Options?.BasicAuth),
            VisitorTokenHash = Hash(record.Options?.VisitorToken),
            AllowsCrossSite = record.Options?.CrossSite == true,
        },
        cap);

    private static RouteTransforms Transforms(TunnelRecord record, TunnelUpstream upstream)
    {
        if (record.Options is not { } o)
            return RouteTransforms.None;
        return new RouteTransforms
        {
            Host = o.HostHeader switch
            {
                null or "preserve" => null,
                "upstream" => upstream.Authority,
                var literal => literal,
            },
            SetRequestHeaders = [.. o.RequestHeaders ?? new Dictionary<string, string>()],
            RemoveRequestHeaders = o.RemoveRequestHeaders ?? [],
            SetResponseHeaders = [.. o.ResponseHeaders ?? new Dictionary<string, string>()],
            RemoveResponseHeaders = o.RemoveResponseHeaders ?? [],
        };
    }

    private static byte[]? Hash(string? @sealed) =>
        @sealed is null ? null : Convert.FromHexString(@sealed[(@sealed.LastIndexOf(':') + 1)..]);

    private static string Seal(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    private static string Text(TunnelOptions? options) =>
        options is null ? "" : JsonSerializer.Serialize(options, TunnelsJson.Default.TunnelOptions);
}
